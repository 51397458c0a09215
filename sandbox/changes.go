package sandbox

import (
	"reflect"
	"slices"
	"strings"

	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

// ChangedError: what changed in the configuration takes a new sandbox, which
// loses what was written inside.
type ChangedError struct {
	What []Change
	Lost Written
}

func (e *ChangedError) Error() string {
	all := make([]string, len(e.What))
	for i, c := range e.What {
		all[i] = c.String()
	}
	return "the configuration changed (" + strings.Join(all, "; ") + "), which takes a new sandbox: " + e.Lost.String() + " would be lost"
}

// Change is one part of the configuration that is not what it was.
type Change struct {
	Part string // image, packages, env, hooks.create ...
	How  string // in plain words; may be empty
}

func (c Change) String() string {
	if c.How == "" {
		return c.Part
	}
	return c.Part + ": " + c.How
}

// Changes says in which parts the wanted specification differs from the one of a
// sandbox that is there.
func Changes(old, want spec.Spec) []Change { return changes(old, want) }

func changes(old, want spec.Spec) []Change {
	fillUser(&want.User, old.User)
	fillImage(&want.Image, old.Image)
	want.Image.Registry, old.Image.Registry = spec.Registry{}, spec.Registry{}
	want.Image.AptLogin, old.Image.AptLogin = "", ""
	var out []Change
	add := func(name, how string, a, b any) {
		if !reflect.DeepEqual(a, b) {
			out = append(out, Change{name, how})
		}
	}
	add("packages", listDiff(old.Image.Packages, want.Image.Packages), normal(old.Image.Packages), normal(want.Image.Packages))
	add("image", arrow(old.Image.Ref, want.Image.Ref), without(old.Image), without(want.Image))
	add("user", arrow(userWord(old.User), userWord(want.User)), old.User, want.User)
	add("ids", arrow(string(old.IDs), string(want.IDs)), old.IDs, want.IDs)
	add("name", arrow(old.Hostname, want.Hostname), old.Hostname, want.Hostname)
	add("workspace", "", old.Workspace, want.Workspace)
	add("mounts", "", normal(old.Mounts), normal(want.Mounts))
	add("network", arrow(old.Network, want.Network), old.Network, want.Network)
	add("ports", "", normalNet(old.Net), normalNet(want.Net))
	add("limits", "", old.Limits, want.Limits)
	add("env", envDiff(old.Env, want.Env), normal(old.Env), normal(want.Env))
	add("hooks.create", "", normal(old.Hooks.Create), normal(want.Hooks.Create))
	add("hooks.update", "", normal(old.Hooks.Update), normal(want.Hooks.Update))
	add("hooks.start", "", normal(old.Hooks.Start), normal(want.Hooks.Start))
	add("hooks.attach", "", normal(old.Hooks.Attach), normal(want.Hooks.Attach))
	add("caches", "", normal(old.Caches), normal(want.Caches))
	add("secrets", "", normal(old.Secrets), normal(want.Secrets))
	add("dotfiles", "", old.Dotfiles, want.Dotfiles)
	add("git_hooks", arrow(old.GitHooks, want.GitHooks), old.GitHooks, want.GitHooks)
	add("ssh_agent", "", old.SSHAgent, want.SSHAgent)
	add("security", "", old.Security, want.Security)
	add("pass_env", listDiff(old.PassEnv, want.PassEnv), normal(old.PassEnv), normal(want.PassEnv))
	return out
}

// without is the image as it was asked for, but for what is installed on top.
func without(i spec.Image) spec.Image {
	i.Packages, i.Name, i.Digest, i.Layers, i.Env = nil, "", "", nil, nil
	return i
}

func userWord(u spec.User) string {
	if u.Mode == spec.UserName {
		return u.Asked
	}
	return u.Mode
}

func arrow(old, want string) string {
	if old == want {
		return ""
	}
	return old + " -> " + want
}

// listDiff is +new -gone.
func listDiff(old, want []string) string {
	var out []string
	for _, w := range want {
		if !slices.Contains(old, w) {
			out = append(out, "+"+w)
		}
	}
	for _, o := range old {
		if !slices.Contains(want, o) {
			out = append(out, "-"+o)
		}
	}
	return strings.Join(out, " ")
}

// envDiff names the variables; what is in them may be nobody's business.
func envDiff(old, want []string) string {
	was, is := map[string]string{}, map[string]string{}
	for _, kv := range old {
		name, value, _ := strings.Cut(kv, "=")
		was[name] = value
	}
	for _, kv := range want {
		name, value, _ := strings.Cut(kv, "=")
		is[name] = value
	}
	var out []string
	for _, name := range sortedKeys(is) {
		switch value, had := was[name]; {
		case !had:
			out = append(out, "+"+name)
		case value != is[name]:
			out = append(out, name)
		}
	}
	for _, name := range sortedKeys(was) {
		if _, has := is[name]; !has {
			out = append(out, "-"+name)
		}
	}
	return strings.Join(out, " ")
}

// normal makes an empty list the same as none.
func normal[T any](list []T) []T {
	if len(list) == 0 {
		return nil
	}
	return list
}

func normalNet(n spec.Net) spec.Net {
	n.DNS, n.Ports, n.HostLoopback = normal(n.DNS), normal(n.Ports), normal(n.HostLoopback)
	return n
}

// What a change needs to come into force; the rest needs nothing, or a hook.
func needsRecreate(c Change) bool {
	return slices.Contains([]string{"image", "packages", "user", "ids"}, c.Part)
}
func needsRestart(c Change) bool {
	return c.Part != "env" && c.Part != "pass_env" && !strings.HasPrefix(c.Part, "hooks.")
}

func ofKind(all []Change, is func(Change) bool) []Change {
	var out []Change
	for _, c := range all {
		if is(c) {
			out = append(out, c)
		}
	}
	return out
}

// fillUser completes a user that is only a name yet with what the name was found to be.
func fillUser(want *spec.User, old spec.User) {
	if want.Mode == spec.UserName && old.Mode == spec.UserName && want.Asked == old.Asked {
		shell := want.Shell
		*want = old
		want.Shell = shell
	}
}

// fillImage completes an image of which it was not looked at yet what it is: a
// sandbox keeps the image that it was made of, whatever the name means by now.
func fillImage(want *spec.Image, old spec.Image) {
	if want.Path == old.Path && want.Kind == spec.ImageDir && old.Kind == spec.ImageTar {
		want.Kind, want.Name = old.Kind, old.Name
	}
	filled := *want
	filled.Digest, filled.Layers, filled.Env, filled.Registry = old.Digest, old.Layers, old.Env, old.Registry
	if reflect.DeepEqual(filled, old) {
		filled.Registry = want.Registry
		*want = filled
	}
}
