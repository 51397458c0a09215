package config

import (
	"cmp"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"

	"github.com/rootless-sandbox/sandbox/config/devcontainer"
)

// Dev is what a devcontainer.json, and the metadata of its image, say that no key of
// this format can. See docs/devcontainer.md for what becomes of each property.
type Dev struct {
	File string // absolute path
	Name string // for people

	Start    string     // the directory inside that commands start in; empty: the project
	Hostname string     // empty: of the sandbox's name
	Hosts    []HostName // further names of addresses

	RemoteEnv map[string]*string // over everything; nil: removed; may hold ${containerEnv:NAME}
	Probe     string             // which shell is asked for the user's environment, see spec.Probe
	WaitFor   string             // the last hook that up waits for; empty: all

	Image DevHooks // of the image's metadata; they come first

	Compose map[string]ComposeService // by the name of a service

	Ports        map[string]devcontainer.PortAttributes // by a port, a range or an expression
	OtherPorts   devcontainer.PortAttributes
	Requirements devcontainer.HostRequirements
	Secrets      map[string]devcontainer.Secret // recommended
	Custom       []json.RawMessage              // customizations, the image's first

	Warnings []Problem

	override *bool    // whether the image's own command is replaced; nil: nobody says
	runsAs   string   // who runs that command; empty: the image says
	own      *Service // of compose: the service is the sandbox, and has no command but its image's
	ownName  string

	containerUser bool // the user is that of containerUser, which an image's remoteUser goes before

	id     string
	local  func(key, name, fallback string, has bool) string
	folder string
}

// HostName is a name of an address.
type HostName struct{ Name, Address string }

// DevHooks are commands of an image's metadata, each list in its order.
type DevHooks struct {
	Create, Update, PostCreate, Start, Attach []Hook
	Entrypoints                               []string // run at each start, as root, before the rest
}

// devcontainerOf is the devcontainer.json to take: the one that was asked for, the one
// that the project's own files name, or the one that was found instead of these.
func (l *Loaded) devcontainerOf(o LoadOptions) (string, Problems) {
	switch {
	case o.Devcontainer != "":
		return o.Devcontainer, nil
	case l.Project.File == "" && len(l.Project.Several) > 0:
		return "", l.several()
	case l.Project.File == "":
		return l.Project.Devcontainer, nil
	}
	data, err := readInside(l.Project.Dir, filepath.Base(l.Project.File))
	if err != nil || !strings.Contains(string(data), "devcontainer") {
		return "", nil // the layer itself will say it
	}
	var named Config
	_ = decode(layerProject, l.Project.File, data, &named, map[string]Origin{}, nil) // the layer itself reports what is wrong
	if named.Devcontainer == "" {
		return "", nil
	}
	return Expand(named.Devcontainer, l.home, l.Project.Dir), nil
}

// ConfigFlag is the key of the problem that several files could be meant.
const ConfigFlag = "--config"

// several refuses to choose.
func (l *Loaded) several() Problems {
	var names []string
	for _, path := range l.Project.Several {
		rel, err := filepath.Rel(l.Project.Dir, path)
		if err != nil {
			rel = path
		}
		names = append(names, printable(rel))
	}
	return Problems{{
		File: filepath.Join(l.Project.Dir, ".devcontainer"), Key: ConfigFlag,
		Message: "there are several configurations, and --config PATH says which: " + strings.Join(names, ", "),
	}}
}

// readDevcontainer reads it; it lies in the project, and no link leads out.
func (l *Loaded) readDevcontainer(path string) ([]byte, error) {
	rel, err := filepath.Rel(l.Project.Dir, path)
	if err != nil || !filepath.IsLocal(rel) {
		return nil, fileProblem(path, "is not in the project "+printable(l.Project.Dir))
	}
	data, err := readInside(l.Project.Dir, rel)
	if os.IsNotExist(err) {
		return nil, fileProblem(path, "there is no such file")
	}
	return data, err
}

// devcontainer reads the file into the configuration.
func (l *Loaded) devcontainer(file string, data []byte, o LoadOptions) Problems {
	f, found := devcontainer.Parse(data)
	lines := sourceLines(data)
	m := &devMapper{l: l, f: f, file: file, lines: lines, lists: map[string]bool{}}
	m.dev = &Dev{File: file, id: devcontainer.ID(map[string]string{
		"devcontainer.local_folder": l.Project.Dir, "devcontainer.config_file": file,
	})}
	l.Dev = m.dev
	for _, p := range found {
		m.problem(p)
	}
	if len(m.problems) > 0 {
		return m.problems.sorted()
	}
	m.dev.local = m.localEnv(o)
	m.loadCompose(o)
	if m.l.whole || len(m.problems) > 0 {
		return m.problems.sorted()
	}
	m.substitute()
	m.run()
	return m.problems.sorted()
}

// localEnv answers ${localEnv:NAME}, and notes what of the host's environment goes in.
func (m *devMapper) localEnv(o LoadOptions) func(key, name, fallback string, has bool) string {
	return func(key, name, fallback string, has bool) string {
		value, set := variableOf(o.Environ, name)
		if !set {
			return fallback
		}
		if !harmless(name) {
			at := "devcontainer.json " + key
			m.l.Origins[at] = m.origin(key)
			m.l.read = append(m.l.read, hostVariable{key: key, name: name, at: at})
			if o.Written && strings.Contains(key, "Command") { // commands are shown as they are written
				return "${localEnv:" + name + "}"
			}
			if o.Written {
				m.l.kept = true
				return kept + "{" + name + "}"
			}
		}
		return value
	}
}

// substitute puts variables into the texts. The folder inside comes first, since
// others refer to it.
func (m *devMapper) substitute() {
	dir := m.l.Project.Dir
	v := devcontainer.Variables{LocalEnv: m.dev.local, LocalFolder: dir, ID: m.dev.id}
	m.dev.folder = v.Text(m.f.WorkspaceFolder, "workspaceFolder")
	if m.dev.folder == "" {
		m.dev.folder = cmp.Or(m.composeTarget(), m.mountTarget(v), defaultFolder(dir))
	}
	v.ContainerFolder = m.dev.folder
	v.Substitute(m.f)
}

// mountTarget is where workspaceMount, if any, mounts the project.
func (m *devMapper) mountTarget(v devcontainer.Variables) string {
	mount, _ := devcontainer.ParseMount(v.Text(m.f.WorkspaceMount, "workspaceMount"))
	return mount.Target
}

func defaultFolder(dir string) string { return "/workspaces/" + filepath.Base(dir) }
