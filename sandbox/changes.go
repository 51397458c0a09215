package sandbox

import (
	"reflect"
	"slices"
	"strings"

	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

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
	want.Services = fillServices(want.Services, old.Services)
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
	add("features", featureDiff(old.Image.Features, want.Image.Features), featureKeys(old.Image.Features), featureKeys(want.Image.Features))
	add("image", arrow(old.Image.Ref, want.Image.Ref), without(old.Image), without(want.Image))
	add("shell", arrow(old.User.Shell, want.User.Shell), old.User.Shell, want.User.Shell)
	old.User.Shell, want.User.Shell = "", ""
	add("user", arrow(userWord(old.User), userWord(want.User)), old.User, want.User)
	add("ids", arrow(string(old.IDs), string(want.IDs)), old.IDs, want.IDs)
	add("name", arrow(old.Hostname, want.Hostname), old.Hostname, want.Hostname)
	add("workspace", workspaceDiff(old.Workspace, want.Workspace), old.Workspace, want.Workspace)
	add("mounts", listDiff(targets(old.Mounts), targets(want.Mounts)), normal(old.Mounts), normal(want.Mounts))
	add("network", arrow(old.Network, want.Network), old.Network, want.Network)
	add("network settings", "", settingsOf(old.Net), settingsOf(want.Net))
	add(partPorts, "", portsOf(old.Net), portsOf(want.Net))
	add(partAllow, listDiff(old.Net.Allow, want.Net.Allow), normal(old.Net.Allow), normal(want.Net.Allow))
	add("names of services", listDiff(serviceNames(old), serviceNames(want)), serviceNames(old), serviceNames(want))
	add("images of services", "", imagesOfServices(old), imagesOfServices(want))
	add(partServices, "", withoutImages(old.Services), withoutImages(want.Services))
	add("limits", limitsDiff(old.Limits, want.Limits), old.Limits, want.Limits)
	env := [2][]string{withoutProxy(old.Env), withoutProxy(want.Env)}
	add("env", envDiff(env[0], env[1]), normal(env[0]), normal(env[1]))
	add("hooks.entry", "", normal(old.Hooks.Entry), normal(want.Hooks.Entry))
	add("env", "of the devcontainer.json", userEnvOf(old), userEnvOf(want))
	add("hosts", "", hostsOf(old), hostsOf(want))
	add("hooks.post_create", "", normal(old.Hooks.PostCreate), normal(want.Hooks.PostCreate))
	add("hooks.create", "", normal(old.Hooks.Create), normal(want.Hooks.Create))
	add("hooks.update", "", normal(old.Hooks.Update), normal(want.Hooks.Update))
	add("hooks.start", "", normal(old.Hooks.Start), normal(want.Hooks.Start))
	add("hooks.attach", "", normal(old.Hooks.Attach), normal(want.Hooks.Attach))
	add("caches", listDiff(cacheNames(old), cacheNames(want)), cachePlaces(old, old), cachePlaces(want, old))
	add("secrets", listDiff(secretNames(old), secretNames(want)), normal(old.Secrets), normal(want.Secrets))
	add("dotfiles", "", old.Dotfiles, want.Dotfiles)
	add("git_hooks", arrow(old.GitHooks, want.GitHooks), old.GitHooks, want.GitHooks)
	add("ssh_agent", "", old.SSHAgent, want.SSHAgent)
	add("security", "", old.Security, want.Security)
	add("pass_env", listDiff(old.PassEnv, want.PassEnv), normal(old.PassEnv), normal(want.PassEnv))
	return out
}

// normal makes an empty list the same as none.
func normal[T any](list []T) []T {
	if len(list) == 0 {
		return nil
	}
	return list
}

// settingsOf is what a start makes of the network.
func settingsOf(n spec.Net) spec.Net {
	return spec.Net{Driver: n.Driver, DNS: normal(n.DNS), HostLoopback: normal(n.HostLoopback)}
}

// portsOf is what leads inside.
func portsOf(n spec.Net) spec.Net {
	return spec.Net{Ports: normal(n.Ports), AutoForward: n.AutoForward, Notes: normal(n.Notes)}
}

// partServices are changed while the rest runs on.
const partServices = "services"

// What a change needs to come into force; the rest needs nothing, or a hook.
func needsRecreate(c Change) bool {
	return slices.Contains([]string{"image", "packages", "features", "user", "ids"}, c.Part)
}
func needsRestart(c Change) bool {
	return !slices.Contains([]string{"env", "pass_env", "shell", partServices}, c.Part) && !servedOutside(c) && !strings.HasPrefix(c.Part, "hooks.")
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
