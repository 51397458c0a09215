package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rootless-sandbox/sandbox/config"
	"github.com/rootless-sandbox/sandbox/sandbox/feature"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
	"github.com/rootless-sandbox/sandbox/userns/capability"
)

// FeaturesError: features were asked for where none can be installed.
type FeaturesError struct{ Image string }

func (e *FeaturesError) Error() string {
	return "features on image " + e.Image + ": it is this machine's own, read-only"
}

// PrivilegedError: a feature wants what nothing inside can have.
type PrivilegedError struct{ ID string }

func (e *PrivilegedError) Error() string {
	return "feature " + quoteOdd(e.ID) + ": it wants to be privileged, as root of the host is"
}

// contribution is what the features together ask of a sandbox.
func (f *Features) contribution(vars map[string]string) feature.Contribution {
	return feature.Merge(feature.Sources(f.Nodes), vars)
}

// featureVars may stand in mounts and entrypoints of features.
func featureVars(l *config.Loaded, inside string) map[string]string {
	labels := map[string]string{"devcontainer.local_folder": l.Project.Dir}
	if l.Project.File != "" {
		labels["devcontainer.config_file"] = l.Project.File
	}
	return map[string]string{
		"devcontainerId":       feature.ContainerID(labels),
		"localWorkspaceFolder": l.Project.Dir, "localWorkspaceFolderBasename": filepath.Base(l.Project.Dir),
		"containerWorkspaceFolder": inside, "containerWorkspaceFolderBasename": filepath.Base(inside),
	}
}

// Ask adds what the features ask of the host to the requests of the configuration they
// are of. Its user's word is needed before anything of it is given.
func (f *Features) Ask(l *config.Loaded) {
	if f == nil {
		return
	}
	var asks []config.FeatureAsk
	for _, n := range f.Nodes {
		one := Features{Nodes: []feature.Node{n}}
		c := one.contribution(featureVars(l, l.Project.Dir))
		ask := config.FeatureAsk{ID: n.Written}
		for _, m := range c.Mounts {
			if m.Type == "bind" {
				ask.Binds = append(ask.Binds, config.Mount{Type: m.Type, Source: m.Source, Target: m.Target, ReadOnly: m.ReadOnly})
			}
		}
		for _, w := range c.CapAdd {
			ask.CapAdd = append(ask.CapAdd, w.Word)
		}
		ask.Unconfined = slices.ContainsFunc(c.SecurityOpt, func(w feature.Wish) bool { return unconfined(w.Word) })
		asks = append(asks, ask)
	}
	l.Ask(asks)
}

func unconfined(option string) bool {
	return option == "seccomp=unconfined" || option == "seccomp:unconfined"
}

// planFeatures lays what features contribute under what the configuration says itself.
func planFeatures(s *spec.Spec, l *config.Loaded, r Request) ([]spec.Degradation, error) {
	if len(l.Config.Features) == 0 || r.ImageOnly {
		return nil, nil
	}
	if s.Image.Kind == spec.ImageHost {
		return nil, &FeaturesError{s.Image.Ref}
	}
	if r.Features == nil {
		return nil, errors.New("features: they were not looked for")
	}
	if err := imageFeatures(s, r.Features.Nodes); err != nil {
		return nil, err
	}
	c := r.Features.contribution(featureVars(l, s.Start()))
	var degraded []spec.Degradation
	for _, id := range c.Privileged {
		if !s.Security.Nested {
			return nil, &PrivilegedError{id}
		}
		degraded = append(degraded, spec.Degradation{What: "privileged",
			Why: "feature " + quoteOdd(id) + ": user namespaces and mounts inside instead; what takes the real root does not work"})
	}
	if err := featureMounts(s, l, c.Mounts); err != nil {
		return nil, err
	}
	more, err := featureRights(s, c)
	if err != nil {
		return nil, err
	}
	featureHooks(&s.Hooks, c, l.Dev != nil)
	return append(degraded, more...), nil
}

// imageFeatures is what is installed.
func imageFeatures(s *spec.Spec, nodes []feature.Node) error {
	for _, n := range nodes {
		env, _, err := feature.Environment(n.Written, n.Metadata, n.Options)
		if err != nil {
			return err
		}
		f := spec.Feature{ID: n.Written, Name: n.Name, Version: n.Metadata.Version, Digest: n.Digest, Options: env, Env: n.Metadata.ContainerEnv}
		if len(n.Metadata.Customizations) > 0 {
			if err := json.Unmarshal(n.Metadata.Customizations, &f.Customizations); err != nil {
				return &FeatureError{n.Written, fmt.Errorf("customizations: %w", err)}
			}
		}
		s.Image.Features = append(s.Image.Features, f)
	}
	return nil
}

// featureMounts: what the configuration mounts itself at the same place wins.
func featureMounts(s *spec.Spec, l *config.Loaded, wanted []feature.Wanted) error {
	var out []spec.Mount
	for _, w := range wanted {
		m := spec.Mount{Type: w.Type, Source: w.Source, Target: filepath.Clean(w.Target), ReadOnly: w.ReadOnly}
		if slices.ContainsFunc(s.Mounts, func(own spec.Mount) bool { return own.Target == m.Target }) {
			continue
		}
		if strings.Contains(m.Source+m.Target, "${") {
			return &FeatureError{w.By, fmt.Errorf("mount at %s: a variable in it is not known: %s", quoteOdd(m.Target), quoteOdd(m.Source))}
		}
		if err := checkTarget(m.Target); err != nil {
			return &FeatureError{w.By, err}
		}
		if m.Type == "bind" {
			if !filepath.IsAbs(m.Source) {
				return &FeatureError{w.By, fmt.Errorf("mount at %s: %s is no absolute path", quoteOdd(m.Target), quoteOdd(m.Source))}
			}
			m.Source, m.Exact = l.Place(m.Source), true
		}
		out = append(out, m)
	}
	s.Mounts = append(out, s.Mounts...)
	return nil
}

// featureRights: capabilities, and the options of docker's --security-opt.
func featureRights(s *spec.Spec, c feature.Contribution) (degraded []spec.Degradation, err error) {
	for _, w := range c.CapAdd {
		n, ok := capability.Parse(w.Word)
		if !ok {
			return nil, &FeatureError{w.By, fmt.Errorf("capAdd: %s is no capability", quoteOdd(w.Word))}
		}
		s.Security.CapAdd = sortedUnique(append(s.Security.CapAdd, capability.Name(n)))
	}
	for _, w := range c.SecurityOpt {
		switch name, _, _ := strings.Cut(strings.ReplaceAll(w.Word, ":", "="), "="); {
		case unconfined(w.Word):
			s.Security.Unfiltered = true
		case name == "no-new-privileges":
			s.Security.NoNewPrivs = true
		case name == "label" || name == "apparmor" || name == "systempaths" && s.Security.Nested: // none of it is imposed here
		default:
			degraded = append(degraded, spec.Degradation{What: "security", Why: "feature " + quoteOdd(w.By) + ": " + quoteOdd(w.Word) + " is not done"})
		}
	}
	return degraded, nil
}

// featureHooks puts the commands of features before the project's own, feature by feature.
// What a devcontainer.json runs last of those that run once has a hook of its own.
func featureHooks(h *spec.Hooks, c feature.Contribution, dev bool) {
	for _, t := range c.Entrypoints {
		h.Entry = append(h.Entry, entryHook(t.By, t.Shell))
	}
	once := taskHooks("create", c.OnCreate)
	if dev {
		h.PostCreate = append(taskHooks("post_create", c.PostCreate), h.PostCreate...)
	} else {
		for _, t := range taskHooks("create-post", c.PostCreate) {
			t.Stage += len(c.OnCreate)
			once = append(once, t)
		}
	}
	h.Create = append(once, h.Create...)
	h.Update = append(taskHooks("update", c.UpdateContent), h.Update...)
	h.Start = append(taskHooks("start", c.PostStart), h.Start...)
	h.Attach = append(taskHooks("attach", c.PostAttach), h.Attach...)
}

const entryPrefix = "entrypoint@"

func entryHook(of, text string) spec.Hook {
	return spec.Hook{Name: entryPrefix + of, Args: []string{"/bin/sh", "-c", entryScript, "sh", text}, Root: true}
}

// entryScript runs an entrypoint and waits for its end, for some seconds: one that goes
// on is a service, and is left alone.
const entryScript = `( eval "$1" ) & pid=$!
i=0
while [ $i -lt 200 ] && kill -0 $pid 2>/dev/null; do sleep 0.05; i=$((i+1)); done
kill -0 $pid 2>/dev/null || wait $pid`

// The commands of a project are of stage 0; those of an image and of each feature come before.
const stageImage, stageFeature = -200_000, -100_000

// taskHooks are commands of features, POINT@FEATURE each.
func taskHooks(point string, tasks []feature.Task) []spec.Hook {
	var out []spec.Hook
	for i, t := range tasks {
		name := point + "@" + t.By
		if slices.ContainsFunc(tasks[:i], func(other feature.Task) bool { return other.By == t.By }) { // with other options
			name = fmt.Sprintf("%s#%d", name, i)
		}
		if len(t.Parallel) == 0 {
			out = append(out, spec.Hook{Name: name, Args: t.Args(), Stage: stageFeature + i})
		}
		for _, p := range t.Parallel {
			out = append(out, spec.Hook{Name: name + "." + p.Name, Args: p.Args(), Stage: stageFeature + i})
		}
	}
	return out
}
