package config

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// HostRequest is one thing that the project's own files ask of the host beyond
// the project directory. It needs the user's word.
type HostRequest struct {
	What   string // plain words: "bind mount of /home/me/.ssh at /home/me/.ssh, writable"
	Origin Origin
}

// HostRequests lists what the files of the project ask of the host beyond the
// project's directory, in the order of the keys. What flags, variables and the
// user's own settings ask is the user's word already, and is not in it; but for a path
// in the project of which the project made a link that leads out. Symbolic links are
// followed once, see Place: what is listed is what will be used.
//
// The words are what the user's trust is bound to. Each of them therefore says
// everything that decides what happens on the host, with paths that links were
// followed in, and is no other request's text: what comes from a file goes through exact.
//
// A key that asks for something declares it here, by a call of ask with the key's
// path and the words; words that are empty ask for nothing.
func (l *Loaded) HostRequests() []HostRequest {
	var all []HostRequest
	ask := func(key, what string) {
		o := l.Origins[key]
		theirs := o.Layer == layerProject || o.Layer == layerLocal || o.Layer == layerImage || o.Layer == layerUser && l.strays[what]
		if what != "" && theirs {
			all = append(all, HostRequest{What: what, Origin: o})
		}
	}
	if l.Root != l.Project.Dir && l.Root != "" {
		ask("workspace.root", "all of the repository "+exact(l.Root)+", "+l.mode)
	}
	if !l.Config.Hooks.Initialize.IsZero() {
		ask("hooks.initialize", "at each up, this command that runs on this host: "+hookWords(l.Config.Hooks.Initialize))
	}
	l.imageRequests(ask)
	l.buildRequests(ask)
	l.environmentRequests(ask)
	for i, m := range l.Config.Mounts {
		if m.Type == "bind" {
			ask(indexed("mounts", i), l.bind(m))
		}
	}
	l.serviceRequests(ask)
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
	for i, s := range l.Config.Network.Allow {
		if a, _ := ParseAllow(s); a.Prefix.IsValid() && PrivateAddr(a.Prefix.Addr()) {
			ask(indexed("network.allow", i), "addresses of your own network: "+printable(s))
		}
	}
	for i, s := range l.Config.Network.Ports {
		if p, ok := ParsePort(s); ok && !p.Loopback() {
			ask(indexed("network.ports", i), "a port that other machines reach: "+printable(s))
		}
	}
	for i, port := range l.Config.Network.HostLoopback {
		ask(indexed("network.host_loopback", i), "port "+strconv.Itoa(port)+" of this host's loopback interface")
	}
	l.securityRequests(ask)
	l.featureRequests(ask)
	return all
}

// imageRequests: where the root file system comes from.
func (l *Loaded) imageRequests(ask func(key, what string)) {
	if i := ParseImage(l.Config.Image); i.IsPath() {
		ask("image", l.beyond("root file system", i.Rest))
	}
	for i, ref := range l.Config.Test.Matrix.Image {
		if image := ParseImage(ref); image.IsPath() {
			ask(indexed("test.matrix.image", i), l.beyond("root file system", image.Rest))
		}
	}
	if path := l.Config.Apt.Keyring; path != "" {
		ask("apt.keyring", l.beyond("keys from the file", path))
	}
	for i, m := range l.Config.Registry.Mirrors {
		ask(indexed("registry.mirrors", i), mirrorWords(m))
	}
	if path := l.Config.Registry.CAFile; path != "" {
		ask("registry.ca_file", "registries trusted by the certificates in "+exact(l.Place(path)))
	}
}

func mirrorWords(m Mirror) string {
	with := make([]string, 0, len(m.With))
	for _, w := range m.With {
		with = append(with, exact(w))
	}
	what := "other registries instead of " + exact(m.Prefix) + ": " + strings.Join(with, ", ")
	if m.Only {
		what += ", and nowhere else"
	}
	return what
}

// environmentRequests: variables of the host.
func (l *Loaded) environmentRequests(ask func(key, what string)) {
	for i, path := range l.Config.EnvFile {
		ask(indexed("env_file", i), l.beyond("variables from the file", path))
	}
	for i, name := range l.Config.PassEnv {
		ask(indexed("pass_env", i), "the variable "+exact(name)+" of your environment")
	}
}

func indexed(key string, i int) string { return key + "[" + strconv.Itoa(i) + "]" }

func (l *Loaded) bind(m Mount) string {
	what := l.beyond("bind mount of", m.Source)
	if what == "" {
		return ""
	}
	words := what + " at " + exact(m.Target) + ", writable"
	if m.ReadOnly {
		words = what + " at " + exact(m.Target) + ", read-only"
	}
	if l.strays[what] {
		l.stray(words)
	}
	return words
}

// beyond describes a path that is outside of the project, or that a link in the
// project leads out to; "" for a path that stays inside.
func (l *Loaded) beyond(what, path string) string {
	if l.homeless(path) {
		return what + " " + exact(path)
	}
	written := Expand(path, l.home, l.Project.Dir)
	target, ok := l.place(written)
	words := what + " " + exact(written)
	switch {
	case !ok:
		words += " (a link that leads nowhere now)"
	case within(target, l.Project.Dir):
		return ""
	case target != written:
		words += " (it leads to " + exact(target) + ")"
	}
	if within(written, l.Project.Dir) {
		l.stray(words)
	}
	return words
}

// stray notes words about a link of the project.
func (l *Loaded) stray(words string) {
	if l.strays == nil {
		l.strays = map[string]bool{}
	}
	l.strays[words] = true
}

// homeless: a ~ that nobody can expand.
func (l *Loaded) homeless(path string) bool {
	return l.home == "" && (path == "~" || strings.HasPrefix(path, "~/"))
}

// exact is a word of a file in a request: itself, whole, in quotes where it could be taken
// for something else.
func exact(s string) string {
	for _, r := range s {
		if unicode.IsSpace(r) || !unicode.IsPrint(r) || strings.ContainsRune(`"\(),`, r) {
			return strconv.Quote(s)
		}
	}
	if s == "" {
		return `""`
	}
	return s
}

// serviceRequests: services ask for what the sandbox itself may ask for.
func (l *Loaded) serviceRequests(ask func(key, what string)) {
	for _, name := range slices.Sorted(maps.Keys(l.Config.Services)) {
		s, key := l.Config.Services[name], "services."+name
		if i := ParseImage(s.Image); s.Image != "" && i.IsPath() {
			ask(key+".image", l.beyond("root file system", i.Rest))
		}
		for _, m := range s.Mounts {
			if m.Type == "bind" || m.Type == "" {
				ask(key+".mounts", l.bind(m))
			}
		}
		for _, text := range s.Ports {
			if p, ok := ParsePort(text); ok && !p.Loopback() {
				ask(key+".ports", "a port that other machines reach: "+printable(text))
			}
		}
	}
}
