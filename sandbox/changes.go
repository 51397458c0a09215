package sandbox

import (
	"reflect"
	"slices"
	"strings"

	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

// ChangedError: what changed in the configuration cannot be applied to the
// sandbox that is there; it must be made anew, which loses its own changes.
type ChangedError struct{ What []string }

func (e *ChangedError) Error() string {
	return "the configuration changed in " + strings.Join(e.What, ", ")
}

// changes names the parts in which the wanted specification differs from the one that runs.
func changes(old, want spec.Spec) []string {
	fillUser(&want.User, old.User)
	fillImage(&want.Image, old.Image)
	want.Image.Registry, old.Image.Registry = spec.Registry{}, spec.Registry{}
	var out []string
	add := func(name string, a, b any) {
		if !reflect.DeepEqual(a, b) {
			out = append(out, name)
		}
	}
	add("image", old.Image, want.Image)
	add("user", old.User, want.User)
	add("ids", old.IDs, want.IDs)
	add("name", old.Hostname, want.Hostname)
	add("workspace", old.Workspace, want.Workspace)
	add("mounts", normal(old.Mounts), normal(want.Mounts))
	add("network", old.Network, want.Network)
	add("limits", old.Limits, want.Limits)
	add("env", normal(old.Env), normal(want.Env))
	add("hooks", old.Hooks, want.Hooks)
	add("caches", normal(old.Caches), normal(want.Caches))
	add("secrets", normal(old.Secrets), normal(want.Secrets))
	add("dotfiles", old.Dotfiles, want.Dotfiles)
	add("git_hooks", old.GitHooks, want.GitHooks)
	add("ssh_agent", old.SSHAgent, want.SSHAgent)
	return out
}

// normal makes an empty list the same as none.
func normal[T any](list []T) []T {
	if len(list) == 0 {
		return nil
	}
	return list
}

// needRecreate picks the changes that decide what the kept files mean.
func needRecreate(changed []string) []string {
	var out []string
	for _, c := range changed {
		if slices.Contains([]string{"image", "user", "ids"}, c) {
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
