package config

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"path/filepath"
	"strings"
)

// LoadOptions say what the layers are made of. Whatever is empty is left out.
type LoadOptions struct {
	Project  Project
	UserFile string            // the user's own settings; need not exist
	Environ  []string          // NAME=value; HOME and SANDBOX_* count
	Flags    map[string]string // by the path of the key: network.mode

	// Devcontainer is the devcontainer.json to take, instead of the one that is found or named.
	Devcontainer string

	// FilesOnly leaves out what flags and variables set; texts of the files still refer
	// to all variables.
	FilesOnly bool
	// Written leaves variables of the environment in texts as they are written: the
	// result is for showing, since what they come to may be secret.
	Written bool
}

// Loaded is the merged configuration.
type Loaded struct {
	Config  Config
	Origins map[string]Origin // by the path of the key: network.mode, env.NODE_ENV, mounts[0]
	Project Project

	// Dev is what a devcontainer.json says that no key can; nil without one.
	Dev *Dev

	// Root is the directory that appears inside: the project's, or one above it.
	Root string
	// Digest of the files of the project that were read, empty without any.
	Digest string

	home   string // without symbolic links; "" when it is not known
	mode   string // workspace.mode of the files: what is asked of the host is a matter of the files
	read   []hostVariable
	whole  bool             // the core of the program cannot read it
	kept   bool             // a text holds a reference as it is written
	places map[string]place // where paths of the host lead, see Place
	strays map[string]bool  // words of requests that a link of the project makes

	features []FeatureAsk // see Ask
}

// hostVariable is one that a text of the project refers to.
type hostVariable struct {
	key, name string
	at        string // the key of its origin, where that is another
}

// Load reads and merges the layers. Its error is a Problems when the files, the
// variables or the flags say something wrong, with everything that is; and an
// *OwnerError for a file of somebody else.
func Load(o LoadOptions) (*Loaded, error) {
	l := &Loaded{
		Config:  defaults(o.Project.Dir),
		Origins: map[string]Origin{},
		Project: o.Project,
		home:    resolved(lookup(o.Environ, "HOME")),
	}
	for _, key := range defaultKeys() {
		l.Origins[key] = Origin{Layer: layerDefault}
	}
	problems, err := l.files(o)
	if err != nil {
		return nil, err
	}
	if l.whole {
		return nil, ErrWhole
	}
	l.mode = l.Config.Workspace.Mode
	if !o.FilesOnly {
		problems = append(problems, l.override(o.Environ, o.Flags)...)
	}
	problems = append(problems, l.oneImage()...)
	problems = append(problems, l.checkServices()...)
	if problems = append(problems, l.findRoot()...); len(problems) > 0 {
		return nil, problems
	}
	return l, nil
}

// files reads the layers that are files, the weakest first.
func (l *Loaded) files(o LoadOptions) (Problems, error) {
	var all Problems
	vars := &variables{
		project: l.Project, name: l.Config.Name, written: o.Written,
		lookup: func(name string) (string, bool) { return variableOf(o.Environ, name) },
		names:  func() []string { return variableNames(o.Environ) },
	}
	sum := sha256.New()
	layers, problems := l.layers(o)
	if len(problems) > 0 {
		return problems, nil
	}
	for _, layer := range layers {
		data, err := layer.read()
		problems := Problems{}
		switch {
		case missing(err) && layer.name != layerProject:
			continue
		case errors.As(err, &problems):
		case err != nil:
			return nil, readError(layer.file, err)
		default:
			if layer.name != layerUser {
				_, _ = sum.Write(data) // a hash does not fail
				_, _ = sum.Write([]byte{0})
				l.Digest = hex.EncodeToString(sum.Sum(nil))
			}
			if layer.dev {
				problems = l.devcontainer(layer.file, data, o)
				break
			}
			vars.used = l.reader(layer.name)
			problems = decode(layer.name, layer.file, data, &l.Config, l.Origins, vars)
			l.kept = l.kept || vars.kept
		}
		all = append(all, problems...)
	}
	return all, nil
}

type layer struct {
	name string
	file string
	read func() ([]byte, error)
	dev  bool // a devcontainer.json
}

func (l *Loaded) layers(o LoadOptions) ([]layer, Problems) {
	var all []layer
	if o.UserFile != "" {
		all = append(all, layer{name: layerUser, file: o.UserFile, read: func() ([]byte, error) { return readUser(o.UserFile) }})
	}
	dir := l.Project.Dir
	inside := func(name, file string) layer {
		return layer{name: name, file: file, read: func() ([]byte, error) { return readInside(dir, filepath.Base(file)) }}
	}
	path, problems := l.devcontainerOf(o)
	if path != "" {
		all = append(all, layer{name: layerProject, file: path, dev: true, read: func() ([]byte, error) { return l.readDevcontainer(path) }})
	}
	if l.Project.File != "" {
		all = append(all, inside(layerProject, l.Project.File))
	}
	if dir != "" && !reserved(dir, l.home) {
		all = append(all, inside(layerLocal, filepath.Join(dir, LocalName)))
	}
	return all, problems
}

// reader notes which variables the files of the project refer to.
func (l *Loaded) reader(layer string) func(key, name string) {
	return func(key, name string) {
		if layer != layerUser && !harmless(name) {
			l.read = append(l.read, hostVariable{key: key, name: name})
		}
	}
}

// variableOf tells an empty variable from one that is not set.
func variableOf(environ []string, name string) (value string, set bool) {
	for _, kv := range environ {
		if value, set = strings.CutPrefix(kv, name+"="); set {
			return value, true
		}
	}
	return "", false
}

func variableNames(environ []string) []string {
	var all []string
	for _, kv := range environ {
		if name, _, _ := strings.Cut(kv, "="); isVariable(name) {
			all = append(all, name)
		}
	}
	return all
}

// lookup is the value of a variable, "" when there is none.
func lookup(environ []string, name string) string {
	for _, kv := range environ {
		if value, ok := strings.CutPrefix(kv, name+"="); ok {
			return value
		}
	}
	return ""
}
