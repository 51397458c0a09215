package config

import (
	"path/filepath"
	"strings"
)

// defaults are what counts where nobody says anything.
func defaults(dir string) Config {
	return Config{
		Version:   1,
		Name:      defaultName(dir),
		Image:     "host",
		User:      "keep",
		Workspace: Workspace{Target: "same", Mode: "rw"},
		Network:   Network{Mode: "private", Driver: "auto", AutoForward: true},
	}
}

func defaultKeys() []string {
	return []string{"version", "name", "image", "user", "workspace.target", "workspace.mode", "network.mode", "network.driver", "network.auto_forward"}
}

// defaultName makes a name of the project's directory.
func defaultName(dir string) string {
	name := strings.Map(func(r rune) rune {
		if lowerDigit(r) || strings.ContainsRune(".-_", r) {
			return r
		}
		return '-'
	}, strings.ToLower(filepath.Base(dir)))
	name = strings.TrimLeft(name, ".-_")
	if name = name[:min(len(name), 63)]; name == "" {
		return "sandbox"
	}
	return name
}
