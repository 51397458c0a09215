package cli

import (
	"strings"

	"github.com/rootless-sandbox/sandbox/sandbox"
	"github.com/rootless-sandbox/sandbox/userns"
)

// remedies are the lines that give this host what it lacks, by the need and by
// the text of what failed. Errors and doctor share them.
func (a *app) remedies(needs, failed string) []hint {
	switch needs {
	case userns.NeedsUserNamespaces, userns.NeedsMount, userns.NeedsNetwork:
		if c := a.hostCause(); c != nil && refused(failed) {
			return c.fix
		}
		return []hint{{"sandbox doctor", "tries every step and says which one fails"}}
	case userns.NeedsProc:
		if c := a.containerCause(); c != nil {
			return c.fix
		}
		return []hint{{"findmnt -R /proc", "what covers it"}}
	case userns.NeedsKernel:
		return []hint{{"uname -r", "5.12 or newer is needed"}}
	case userns.NeedsOverlay:
		return []hint{
			{"sudo modprobe overlay", "loads it"},
			{"grep overlay /proc/filesystems", "is it there? its directory must not itself be on an overlay"},
		}
	case userns.NeedsSubIDs, userns.NeedsIDHelpers:
		return a.subIDRemedies()
	case userns.NeedsNewPrivs:
		return []hint{{"grep -E 'NoNewPrivs|CapBnd' /proc/self/status", "a container's no-new-privileges or --cap-drop, or a service's NoNewPrivileges=; until then one id is used"}}
	case userns.NeedsSetFCap:
		return []hint{
			{"podman run --cap-add SETFCAP IMAGE", "or docker: the one capability that root needs here; SETUID and SETGID give a range of ids"},
			{"podman run --user 1000 IMAGE", "who is not root needs none; one id is used"},
		}
	case userns.NeedsIDsHere:
		return []hint{{"cat /proc/self/uid_map", "the ids that this container has: a range in /etc/subuid and /etc/subgid has to lie within them; until then one id is used"}}
	case userns.NeedsFuse:
		return []hint{{a.install("fuse-overlayfs"), "serves where the kernel's own overlay does not; needs /dev/fuse"}}
	case sandbox.NeedsTunModule:
		return []hint{{"sudo modprobe tun", "makes /dev/net/tun; in a container: --device /dev/net/tun"}}
	case sandbox.NeedsTunAccess:
		return []hint{{"sudo chmod 0666 /dev/net/tun", "as distributions ship it; it gives nobody a network device by itself"}}
	case sandbox.NeedsPasta:
		return []hint{{a.install("passt"), "the fastest driver of a private network"}}
	case sandbox.NeedsSlirp4netns:
		return []hint{{a.install("slirp4netns"), "a driver of a private network; one of them is enough"}}
	case userns.NeedsCgroup2:
		return cgroupRemedies(failed)
	case userns.NeedsTarget, userns.NeedsSource, userns.NeedsRootfs:
		return []hint{{"sandbox config show", "where the value comes from"}}
	}
	return []hint{{"sandbox doctor", "tries every step and says which one fails"}}
}

// cgroupRemedies: only limits.memory and limits.cpus want for it.
func cgroupRemedies(failed string) []hint {
	if strings.Contains(failed, "delegated") {
		return []hint{{"systemctl --user status", "a manager of systemd of your own delegates: log in by a session, or sudo loginctl enable-linger $USER"}}
	}
	return []hint{{"stat -fc %T /sys/fs/cgroup", "cgroup2fs is wanted: boot with systemd.unified_cgroup_hierarchy=1"}}
}

// subIDRemedies gives a range, and the programs that hand it out.
func (a *app) subIDRemedies() []hint {
	var hints []hint
	if _, err := a.world.lookPath("newuidmap"); err != nil {
		hints = append(hints, hint{a.install("newuidmap"), "newuidmap and newgidmap"})
	}
	user := a.world.getenv("USER")
	if user == "" {
		user = "$(id -un)"
	}
	if !a.hasRange("/etc/subuid", user) || !a.hasRange("/etc/subgid", user) {
		r := freeRange(a.text("/etc/subuid"), a.text("/etc/subgid"))
		hints = append(hints, hint{"sudo usermod --add-subuids " + r + " --add-subgids " + r + " " + user,
			"a range of your own; until then one id is used, with root emulated"})
	}
	if len(hints) == 0 {
		hints = []hint{{"getcap $(command -v newuidmap newgidmap)", "both need their capability, or the setuid bit"}}
	}
	return hints
}

func (a *app) text(file string) string {
	b, err := a.world.readFile(file)
	if err != nil {
		return ""
	}
	return string(b)
}

func (a *app) hasRange(file, user string) bool {
	for line := range strings.Lines(a.text(file)) {
		if strings.HasPrefix(line, user+":") {
			return true
		}
	}
	return false
}
