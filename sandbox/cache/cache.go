// Package cache answers: where does a tool keep what it fetched and what it
// made, and what must it be told so that it keeps it there? It reads nothing.
package cache

import (
	"path"
	"strings"
)

// Tool is a tool whose cache is known by name.
type Tool struct {
	Name   string
	Places []Place
	// Set are variables that the tool needs besides, unless they are set: NAME=value, where ~/ is the home.
	Set []string
	// Alone: the tool does not lock between sandboxes in a way that works there, so that
	// each project has a cache of its own.
	Alone bool
	// Source is where the tool's makers say so.
	Source string
}

// Place is one directory of a tool's cache, or one file.
type Place struct {
	Part string // its name in the cache
	Path string // where the tool has it: absolute, or below the home
	// Root is Path for user 0, where the tool has another one then.
	Root string
	// Var is the variable that moves it. With Tell it is set to the place, so that
	// nothing else in the image moves it.
	Var  string
	Tell bool
	// Sub is what is below Var's directory; Path has it already.
	Sub  string
	File bool // an empty file that is locked
	// System: it belongs to root inside, and begins as the image has it.
	System bool
}

// Mount is one place of one cache as it is in a sandbox.
type Mount struct {
	Part, Target string
	File, System bool
}

// Find gives the tool of a name.
func Find(name string) (Tool, bool) {
	for _, t := range tools() {
		if t.Name == name {
			return t, true
		}
	}
	return Tool{}, false
}

// In gives the places of the tool for a user with that home and environment, and the variables to add to it.
func (t Tool) In(home string, uid int, env []string) (mounts []Mount, set []string) {
	for _, p := range t.Places {
		target, moved := p.target(home, uid, env)
		mounts = append(mounts, Mount{Part: p.Part, Target: target, File: p.File, System: p.System})
		if p.Tell && !moved {
			set = append(set, p.Var+"="+target)
		}
	}
	for _, kv := range t.Set {
		name, value, _ := strings.Cut(kv, "=")
		if rest, ok := strings.CutPrefix(value, "~/"); ok {
			value = path.Join(home, rest)
		}
		if _, ok := lookup(env, name); !ok {
			set = append(set, name+"="+value)
		}
	}
	return mounts, set
}

// target is where the place is; moved when a variable says so.
func (p Place) target(home string, uid int, env []string) (target string, moved bool) {
	if value, ok := lookup(env, p.Var); ok && path.IsAbs(value) {
		return path.Join(value, p.Sub), true
	}
	if p.Root != "" && uid == 0 {
		return p.Root, false
	}
	if path.IsAbs(p.Path) {
		return p.Path, false
	}
	return path.Join(home, p.Path), false
}

func lookup(env []string, name string) (value string, ok bool) {
	if name == "" {
		return "", false
	}
	for _, kv := range env {
		if v, found := strings.CutPrefix(kv, name+"="); found {
			value, ok = v, true
		}
	}
	return value, ok
}
