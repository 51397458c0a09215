package config

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rootless-sandbox/sandbox/config/devcontainer"
)

// workspace is where the project appears: at /workspaces/NAME unless the file says so.
func (m *devMapper) workspace() {
	target := cmp.Or(m.composeTarget(), defaultFolder(m.l.Project.Dir))
	if m.f.WorkspaceMount != "" {
		target = m.workspaceMount(target)
	} else if m.f.Has("workspaceMount") {
		m.warn("workspaceMount", "the project is inside all the same, at %s", target)
	}
	folder := path.Clean(m.dev.folder)
	if m.f.WorkspaceFolder != "" && m.f.WorkspaceMount == "" && !within(folder, target) && !within(target, folder) {
		target = folder // a place of its own
	}
	m.set("workspace.target", m.workspaceProperty(), target)
	if folder != path.Clean(target) {
		if message := checkAbsolute(folder); message != "" {
			m.fail("workspaceFolder", "%s", message)
		}
		m.dev.Start = folder
	}
}

func (m *devMapper) workspaceProperty() string {
	if m.f.Has("workspaceMount") {
		return "workspaceMount"
	}
	return "workspaceFolder"
}

// workspaceMount answers where the project is by it.
func (m *devMapper) workspaceMount(target string) string {
	const prop = "workspaceMount"
	x, message := devcontainer.ParseMount(m.f.WorkspaceMount)
	if message != "" {
		m.fail(prop, "%s", message)
		return target
	}
	dir := m.l.Project.Dir
	source := Expand(x.Source, m.l.home, dir)
	switch {
	case x.Type == "volume" || x.Type == "tmpfs":
		m.mount(prop, x)
		return target
	case source == dir:
	case within(dir, source): // a directory above it
		m.mount(prop, x)
		rel, _ := filepath.Rel(source, dir)
		return path.Join(x.Target, rel)
	default:
		m.mount(prop, x)
		return target
	}
	if x.ReadOnly {
		m.set("workspace.mode", prop, "ro")
	}
	return x.Target
}

// mount adds one of mounts, in place of another at the same target.
func (m *devMapper) mount(prop string, x devcontainer.Mount) {
	if len(x.Ignored) > 0 {
		m.warn(prop, "%s: without a meaning here", strings.Join(x.Ignored, ", "))
	}
	c := Mount{Type: x.Type, Source: x.Source, Target: x.Target, ReadOnly: x.ReadOnly, Size: strings.TrimSuffix(strings.ToLower(x.Size), "b")}
	if c.Type == "" {
		c.Type = "volume" // as docker has it
	}
	if c.Type == "volume" && c.Source == "" {
		c.Source = m.anonymous(c.Target)
	}
	if message := mountMessage(c); message != "" && !strings.Contains(c.Source+c.Target, kept) {
		m.fail(prop, "%s", message)
		return
	}
	list := &m.l.Config.Mounts
	m.begin("mounts", func() { *list = nil })
	*list = slices.DeleteFunc(slices.Clone(*list), func(old Mount) bool { return old.Target == c.Target })
	m.l.Origins[indexed("mounts", len(*list))] = m.origin(prop)
	*list = append(*list, c)
}

// anonymous names a volume that has no name: the same one for the same place.
func (m *devMapper) anonymous(target string) string {
	sum := sha256.Sum256([]byte(target))
	return "anonymous-" + m.dev.id[:16] + "-" + hex.EncodeToString(sum[:6])
}

// mountMessage is what is wrong with a mount.
func mountMessage(c Mount) string {
	message := checkTarget(c.Target)
	switch {
	case message != "":
		return "target: " + message
	case c.Size != "" && c.Type == "tmpfs":
		message = checkSize(c.Size)
	case c.Type == "volume":
		message = checkLabel(c.Source)
	case c.Type == "bind":
		message = checkPath(c.Source)
	}
	if message != "" {
		return "source: " + message
	}
	return ""
}
