package config

import (
	"cmp"
	"maps"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/rootless-sandbox/sandbox/config/devcontainer"
)

// base is where the root file system comes from.
func (m *devMapper) base() {
	f := m.f
	switch {
	case len(f.DockerComposeFile) > 0:
		m.compose()
	case f.Build.Dockerfile != "":
		m.build("build.dockerfile", f.Build.Dockerfile, "build.context", f.Build.Context)
	case f.DockerFile != "":
		m.build("dockerFile", f.DockerFile, "context", cmp.Or(f.Context, f.Build.Context))
	case f.Image != "":
		m.set("image", "image", "docker://"+f.Image)
	case f.Has("build"):
		m.fail("build", "has no dockerfile")
	default:
		m.fail("image", "is missing: there is neither image nor build")
	}
	m.features()
}

// build: paths are relative to the file, the context too (dev container spec, devcontainer.json reference).
func (m *devMapper) build(prop, dockerfile, contextProp, context string) {
	f := m.f
	if f.Image != "" {
		m.warn("image", "not used: there is a Dockerfile to build")
	}
	m.set("build.dockerfile", prop, m.beside(dockerfile))
	m.set("build.context", contextProp, m.beside(cmp.Or(context, ".")))
	if f.Build.Target != "" {
		m.set("build.target", "build.target", f.Build.Target)
	}
	for _, name := range slices.Sorted(maps.Keys(f.Build.Args)) {
		m.buildArg("build.args."+name, name, f.Build.Args[name])
	}
	if len(f.Build.CacheFrom) > 0 {
		m.warn("build.cacheFrom", "no cache is fetched: what was built here once is kept by its content")
	}
	options := slices.Clone(f.Build.Options)
	for i, option := range options {
		if option == "--pull" { // of docker run it takes a value
			options[i] = "--pull=true"
		}
	}
	flags, loose := devcontainer.Flags(options)
	for _, x := range flags {
		m.buildOption(indexed("build.options", x.Index), x)
	}
	for _, word := range loose {
		m.warn("build.options", "%s is no flag: it is left out", quoted(word))
	}
}

func (m *devMapper) buildArg(prop, name, value string) {
	if message := checkEnv(name, strings.ReplaceAll(value, kept, "")); message != "" {
		m.fail(prop, "%s", message)
		return
	}
	args := maps.Clone(m.l.Config.Build.Args)
	if args == nil {
		args = map[string]string{}
	}
	args[name] = value
	m.l.Config.Build.Args = args
	m.l.Origins["build.args."+name] = m.origin(prop)
}

// buildOption is one of docker build's: those whose meaning is that of a key are taken.
func (m *devMapper) buildOption(prop string, x devcontainer.Flag) {
	switch x.Name {
	case "target":
		m.set("build.target", prop, x.Value)
	case "build-arg":
		if name, value, has := strings.Cut(x.Value, "="); has {
			m.buildArg(prop, name, value)
		} else {
			m.warn(prop, "the argument %s has no value here: it is left out", quoted(x.Value))
		}
	case "network":
		if x.Value == "host" {
			m.warn(prop, "commands of a build have a network of their own")
		}
	case "platform":
		m.platform(prop, x.Value)
	case "pull", "no-cache", "progress", "rm", "force-rm", "quiet", "load", "tag", "shm-size": // nothing is lost
	default:
		m.warn(prop, "--%s is not done", printable(x.Name))
	}
}

// platform: images are those of this machine.
func (m *devMapper) platform(prop, value string) {
	machine := "linux/" + runtime.GOARCH
	if value != machine && !strings.HasPrefix(value, machine+"/") {
		m.warn(prop, "images are those of this machine, %s, not of %s", machine, quoted(value))
	}
}

// beside makes a path of the file one of the project.
func (m *devMapper) beside(path string) string {
	if !filepath.IsAbs(path) {
		path = filepath.Join(filepath.Dir(m.file), path)
	}
	if rel, err := filepath.Rel(m.l.Project.Dir, path); err == nil && filepath.IsLocal(rel) {
		return rel
	}
	return filepath.Clean(path) // which takes a word
}

// features are the keys of the same meaning.
func (m *devMapper) features() {
	for _, name := range slices.Sorted(maps.Keys(m.f.Features)) {
		key := "features." + name
		if message := checkFeature(name); message != "" {
			m.fail(key, "%s", message)
			continue
		}
		if m.l.Config.Features == nil {
			m.l.Config.Features = map[string]FeatureOptions{}
		}
		m.l.Config.Features[name] = FeatureOptions(m.f.Features[name])
		m.l.Origins[join("features", name)] = m.origin(key)
		m.l.Origins["features"] = m.origin("features")
	}
	for i, name := range m.f.OverrideFeatureInstallOrder {
		m.add(&m.l.Config.FeatureOrder, "feature_order", "", indexed("overrideFeatureInstallOrder", i), name)
	}
}
