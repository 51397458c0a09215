package cli

import "strings"

// install is the command that installs a program here; where the distribution
// is not known, one that shows that it is missing.
func (a *app) install(program string) string {
	for _, d := range distributions() {
		if a.isDistribution(d.id) {
			if program == "newuidmap" {
				return d.newuidmap
			}
			return d.install + program
		}
	}
	return "command -v " + program
}

type distribution struct{ id, install, newuidmap string }

func distributions() []distribution {
	const apt, dnf = "sudo apt-get install -y ", "sudo dnf install -y "
	return []distribution{
		{"debian", apt, apt + "uidmap"},
		{"ubuntu", apt, apt + "uidmap"},
		// There the package is always installed; copies lose the file capabilities.
		{"fedora", dnf, "sudo dnf reinstall -y shadow-utils"},
		{"rhel", dnf, "sudo dnf reinstall -y shadow-utils"},
		{"alpine", "sudo apk add ", "sudo apk add shadow-subids"},
		{"arch", "sudo pacman -S --noconfirm ", "sudo pacman -S --noconfirm shadow"},
		{"suse", "sudo zypper install -y ", "sudo zypper install -y shadow"},
	}
}

// isDistribution looks into os-release(5), which names a distribution and those
// that it descends from.
func (a *app) isDistribution(id string) bool {
	for line := range strings.Lines(a.text("/etc/os-release")) {
		key, value, _ := strings.Cut(line, "=")
		if (key == "ID" || key == "ID_LIKE") && strings.Contains(value, id) {
			return true
		}
	}
	return false
}
