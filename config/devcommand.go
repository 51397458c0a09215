package config

import (
	"cmp"
	"path"
	"slices"
	"strings"

	"github.com/rootless-sandbox/sandbox/config/compose"
	"github.com/rootless-sandbox/sandbox/config/devcontainer"
)

// MainService is the service that an image's own command becomes, without files of compose.
const MainService = "main"

// ownCommand: the command of the sandbox's own service is a service in it, unless it only
// waits. Where the file of compose has none it is the image's, see WithCommand.
func (m *devMapper) ownCommand(s compose.Service) {
	if m.f.Has("overrideCommand") && m.f.OverrideCommand {
		return
	}
	out := m.lifeOf(s)
	out.Env, out.Ports = nil, nil
	if len(s.Entrypoint)+len(s.Command) == 0 {
		m.dev.own, m.dev.ownName = &out, s.Name
		return
	}
	if idle(s.Entrypoint, s.Command) {
		return
	}
	out.Command = Hook{Exec: slices.Concat(s.Entrypoint, s.Command)}
	m.addService(s.Name, out, ComposeService{})
}

// ImageCommand is what an image runs by itself.
type ImageCommand struct {
	Entrypoint, Cmd []string
	Dir, User       string // "" are / and root
}

// WithCommand makes that a service where the devcontainer.json, or its image, does not
// want it replaced. WithImage comes first.
func (l *Loaded) WithCommand(c ImageCommand) {
	d := l.Dev
	if d == nil || len(c.Entrypoint)+len(c.Cmd) == 0 || idle(c.Entrypoint, c.Cmd) {
		return
	}
	name, s := d.ownName, d.own
	switch {
	case s == nil && (d.override == nil || *d.override || d.Compose != nil):
		return
	case s == nil:
		name, s = MainService, &Service{User: cmp.Or(d.runsAs, c.User, "root")}
	}
	if _, there := l.Config.Services[name]; there {
		return
	}
	s.User, _, _ = strings.Cut(s.User, ":")
	if s.User == "0" {
		s.User = "root"
	}
	s.Command, s.Workdir = Hook{Exec: slices.Concat(c.Entrypoint, c.Cmd)}, cmp.Or(s.Workdir, c.Dir, "/")
	m := &devMapper{l: l, dev: d, f: &devcontainer.File{}, image: true}
	if d.Compose == nil {
		d.Compose = map[string]ComposeService{}
	}
	m.addService(name, *s, ComposeService{})
}

// idle reports commands that only keep a container from ending. What an entry point of
// its own does before that is more.
func idle(entrypoint, command []string) bool {
	words := slices.Concat(entrypoint, command)
	program := path.Base(words[0])
	if !slices.Contains([]string{"sh", "bash", "zsh", "ash", "dash", "fish", "sleep", "tail", "tini", "dumb-init", "env"}, program) {
		return false
	}
	text := strings.Join(words, " ")
	for _, sign := range []string{"sleep infinity", "sleep inf", "tail -f /dev/null", "while sleep", "while true", "while :"} {
		if strings.Contains(text, sign) {
			return true
		}
	}
	return len(words) == 1 && strings.HasSuffix(program, "sh")
}
