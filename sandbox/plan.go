package sandbox

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rootless-sandbox/sandbox/config"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

// Request is what the command line adds to the configuration.
type Request struct {
	Instance  string       // --name
	Trust     bool         // --trust: accept what the project's configuration asks of the host
	Trusted   []string     // what of it the user has agreed to, see Engine.Trust
	Ephemeral bool         // run
	Anywhere  bool         // a directory that cannot be a project is left outside
	Mounts    []spec.Mount // --mount: the user's own word, absolute paths
	FileEnv   []string     // KEY=value of the configuration's env_file entries, see ReadEnvFiles
	Features  *Features    // those of the configuration, see Engine.Features
	Find      FindOptions  // how they are looked for
	ImageOnly bool         // what features install on top of the image does not matter
	Bare      bool         // nor do packages
}

// ID of the sandbox of a project directory and an instance name; needs no configuration.
func ID(project, instance string) string {
	sum := sha256.Sum256([]byte(project + "\x00" + instance))
	return hex.EncodeToString(sum[:3])
}

// Plan decides everything about a sandbox. It reads nothing and changes nothing.
func Plan(l *config.Loaded, h Host, r Request) (spec.Spec, []spec.Degradation, error) {
	project := l.Project.Dir
	if err := CheckProject(cmp.Or(l.Root, project), h.Home); err != nil && l.Root != project {
		return spec.Spec{}, nil, err
	}
	var outside *ProjectError // why the directory is no project
	if err := CheckProject(project, h.Home); err != nil && (!r.Anywhere || !errors.As(err, &outside)) {
		return spec.Spec{}, nil, err
	}
	r.Features.Ask(l)
	if err := checkTrust(l, r); err != nil {
		return spec.Spec{}, nil, err
	}
	c := l.Placed()
	if r.Bare {
		c.Packages = nil
	}
	image, err := planImage(l, c, h)
	if err != nil {
		return spec.Spec{}, nil, err
	}
	s := spec.Spec{
		Version: spec.Version, ID: ID(project, r.Instance), Instance: r.Instance,
		Project: project, Hostname: hostname(c.Name), Ephemeral: r.Ephemeral,
		Image: image, IDs: h.IDs,
		Workspace: workspace(c.Workspace, l), Network: c.Network.Mode, Net: planNet(l),
		Limits: spec.Limits{Memory: size(c.Limits.Memory), CPUs: c.Limits.CPUs, PIDs: c.Limits.PIDs, NoFile: c.Limits.NoFile},
		Hooks:  planHooks(l), Config: l.Digest,
	}
	s.GitHooks, s.SSHAgent = gitHooks(c.GitHooks), c.SSHAgent
	s.Name = c.Name + "-" + s.ID
	s.User = planUser(c.User, s.Image.Kind, h)
	s.User.Shell = c.Shell
	s.Security = planSecurity(c)
	s.PassEnv = sortedUnique(c.PassEnv)
	if s.Mounts, err = planMounts(c.Mounts, project, h.Home, s.User.Home); err != nil {
		return spec.Spec{}, nil, err
	}
	s.Env = environment(h, withProxy(&c), r.FileEnv, s.Image.Kind, inPlace(project, s.Mounts, r.Mounts))
	featuresLack, err := planFeatures(&s, l, r)
	if err != nil {
		return spec.Spec{}, nil, err
	}
	if err := checkRights(s.Security, h.UID); err != nil {
		return spec.Spec{}, nil, err
	}
	for _, m := range r.Mounts {
		if err := checkTarget(m.Target); err != nil {
			return spec.Spec{}, nil, err
		}
		s.Mounts = append(s.Mounts, m)
	}
	if err := planData(&s, c, h, project); err != nil {
		return spec.Spec{}, nil, err
	}
	buildSecrets(&s, c.Build.Secrets)
	degraded, err := planServices(&s, l, c, h)
	if err != nil {
		return spec.Spec{}, nil, err
	}
	degraded = slices.Concat(degraded, degradations(h, s), featuresLack, planDev(&s, l))
	if outside != nil {
		s.Workspace = spec.Workspace{Mode: spec.WorkspaceNone}
		degraded = append(degraded, spec.Degradation{What: "workspace", Why: outside.Dir + " is not inside: " + outside.Why})
	}
	return s, degraded, nil
}

// size is a size that was checked.
func size(s string) int64 {
	n, _ := config.ParseSize(s)
	return n
}

func degradations(h Host, s spec.Spec) []spec.Degradation {
	var out []spec.Degradation
	if h.IDs == spec.IDsSingle {
		out = append(out, spec.Degradation{What: "ids", Why: h.IDsReason})
	}
	if s.Image.Kind == spec.ImageHost && slices.ContainsFunc(s.Caches, func(c spec.Cache) bool { return c.Name == "apt" }) {
		out = append(out, spec.Degradation{What: "caches", Why: "apt: the system of the host base is read-only, nothing is installed there"})
	}
	if h.UID == 0 && s.Limits.PIDs > 0 {
		out = append(out, spec.Degradation{What: "limits", Why: "limits.pids does not bind the real root"})
	}
	if s.Network == spec.NetworkHost && len(s.Net.Ports) > 0 {
		out = append(out, spec.Degradation{What: "ports", Why: "with the host's network, what listens inside listens on the host"})
	}
	return append(out, passDegradations(s, h.Env)...)
}

// hostname keeps what RFC 1123 allows of a name.
func hostname(name string) string {
	out := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-' {
			return r
		}
		return '-'
	}, strings.ToLower(name))
	out = strings.Trim(out[:min(len(out), 63)], "-")
	if out == "" {
		return "sandbox"
	}
	return out
}

func workspace(w config.Workspace, l *config.Loaded) spec.Workspace {
	project, top := l.Project.Dir, cmp.Or(l.Root, l.Project.Dir)
	target := w.Target
	if target == "" || target == "same" {
		target = top
	}
	out := spec.Workspace{Target: filepath.Clean(target), Mode: cmp.Or(w.Mode, "rw")}
	if rel, err := filepath.Rel(top, project); err == nil && rel != "." {
		out.Root, out.Dir = top, filepath.Join(out.Target, rel)
	}
	return out
}

func planUser(user, imageKind string, h Host) spec.User {
	switch user {
	case "", spec.UserKeep:
		u := spec.User{Mode: spec.UserKeep, Name: h.UserName, UID: h.UID, GID: h.GID, Home: "/home/" + h.UserName}
		if h.UID == 0 {
			u.Home = "/root"
		}
		if imageKind == spec.ImageHost {
			u.Home = h.Home
		}
		return u
	case spec.UserRoot:
		return spec.User{Mode: spec.UserRoot, Name: "root", Home: "/root"}
	}
	return spec.User{Mode: spec.UserName, Asked: user, Name: user}
}

func hooks(name string, h config.Hook) []spec.Hook {
	switch {
	case h.Shell != "":
		return []spec.Hook{{Name: name, Args: []string{"/bin/sh", "-c", h.Shell}}}
	case len(h.Exec) > 0:
		return []spec.Hook{{Name: name, Args: h.Exec}}
	}
	var out []spec.Hook
	for _, key := range sortedKeys(h.Parallel) {
		out = append(out, hooks(name+"."+key, h.Parallel[key])...)
	}
	return out
}

// inPlace are the directories that are inside where they are outside: PATH may lead to them.
func inPlace(project string, mounts ...[]spec.Mount) []string {
	dirs := []string{project}
	for _, m := range slices.Concat(mounts...) {
		if m.Type == "bind" && m.Source == m.Target {
			dirs = append(dirs, m.Source)
		}
	}
	return dirs
}
