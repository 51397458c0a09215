package config

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// HostRequest is one thing that the project's own files ask of the host beyond
// the project directory. It needs the user's word.
type HostRequest struct {
	What   string // plain words: "bind mount of /home/me/.ssh at /home/me/.ssh, writable"
	Origin Origin
}

// HostRequests lists what the files of the project ask of the host beyond the
// project's directory, in the order of the keys. What flags, variables and the
// user's own settings ask is the user's word already, and is not in it. Symbolic
// links are followed as they are now.
func (l *Loaded) HostRequests() []HostRequest {
	var all []HostRequest
	ask := func(key, what string) {
		if o := l.Origins[key]; what != "" && (o.Layer == layerProject || o.Layer == layerLocal) {
			all = append(all, HostRequest{What: what, Origin: o})
		}
	}
	if l.Root != l.Project.Dir && l.Root != "" {
		ask("workspace.root", "all of the repository "+printable(l.Root)+", "+l.Config.Workspace.Mode)
	}
	if i := ParseImage(l.Config.Image); i.IsPath() {
		ask("image", l.beyond("root file system", i.Rest))
	}
	if path := l.Config.Apt.Keyring; path != "" {
		ask("apt.keyring", l.beyond("keys from the file", path))
	}
	for i, m := range l.Config.Registry.Mirrors {
		ask(indexed("registry.mirrors", i), "other registries instead of "+printable(m.Prefix)+": "+printable(strings.Join(m.With, ", ")))
	}
	if path := l.Config.Registry.CAFile; path != "" {
		ask("registry.ca_file", "registries trusted by the certificates in "+printable(path))
	}
	for i, path := range l.Config.EnvFile {
		ask(indexed("env_file", i), l.beyond("variables from the file", path))
	}
	for i, m := range l.Config.Mounts {
		if m.Type == "bind" {
			ask(indexed("mounts", i), l.bind(m))
		}
	}
	l.dataRequests(ask)
	l.variableRequests(ask)
	if l.Config.GitHooks == "allow" {
		ask("git_hooks", "that commands inside may change the hooks and settings which git outside runs")
	}
	if l.Config.SSHAgent {
		ask("ssh_agent", "your ssh agent: commands inside can log in wherever its keys let you")
	}
	if l.Config.Network.Mode == "host" {
		ask("network.mode", "the network of this host, with whatever listens on its loopback interface")
	}
	for i, s := range l.Config.Network.Ports {
		if p, ok := ParsePort(s); ok && !p.Loopback() {
			ask(indexed("network.ports", i), "a port that other machines reach: "+printable(s))
		}
	}
	for i, port := range l.Config.Network.HostLoopback {
		ask(indexed("network.host_loopback", i), "port "+strconv.Itoa(port)+" of this host's loopback interface")
	}
	return all
}

func indexed(key string, i int) string { return key + "[" + strconv.Itoa(i) + "]" }

func (l *Loaded) bind(m Mount) string {
	what := l.beyond("bind mount of", m.Source)
	switch {
	case what == "":
		return ""
	case m.ReadOnly:
		return what + " at " + printable(m.Target) + ", read-only"
	}
	return what + " at " + printable(m.Target) + ", writable"
}

// beyond describes a path that is outside of the project, or that a link in the
// project leads out to; "" for a path that stays inside.
func (l *Loaded) beyond(what, path string) string {
	if l.home == "" && (path == "~" || strings.HasPrefix(path, "~/")) {
		return what + " " + printable(path)
	}
	path = Expand(path, l.home, l.Project.Dir)
	target, ok := destination(path)
	switch {
	case !ok:
		return what + " " + printable(path) + " (a link that leads nowhere now)"
	case within(target, l.Project.Dir):
		return ""
	case target != path:
		return what + " " + printable(path) + " (it leads to " + printable(target) + ")"
	}
	return what + " " + printable(path)
}

// destination is where a path leads. What does not exist yet is below the nearest
// directory that does; not ok when that ends at a link to nothing, which can
// become anything.
func destination(path string) (target string, ok bool) {
	rest := ""
	for dir := path; ; dir = filepath.Dir(dir) {
		if real, err := filepath.EvalSymlinks(dir); err == nil {
			return filepath.Join(real, rest), true
		}
		if _, err := os.Lstat(dir); err == nil || dir == filepath.Dir(dir) {
			return "", false
		}
		rest = filepath.Join(filepath.Base(dir), rest)
	}
}
