package testrun

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Compare says in words what of the surroundings differs between two runs; nothing where they are the same.
func Compare(was, is Environment) []string {
	var out []string
	note := func(what string, a, b any) {
		x, _ := json.Marshal(a)
		y, _ := json.Marshal(b)
		if string(x) != string(y) {
			out = append(out, fmt.Sprintf("%s: %s, now %s", what, x, y))
		}
	}
	note("image", was.Image.Ref, is.Image.Ref)
	if was.Image.Digest != is.Image.Digest || !slices.Equal(was.Image.Layers, is.Image.Layers) {
		note("content of the image", named(was.Image), named(is.Image))
	}
	note("command", was.Command.Args, is.Command.Args)
	note("directory", was.Command.Dir, is.Command.Dir)
	out = append(out, compareEnv(was.Env, is.Env)...)
	note("user", was.User, is.User)
	note("id", was.UID, is.UID)
	note("home", was.Home, is.Home)
	note("host name", was.Hostname, is.Hostname)
	note("network", was.Network, is.Network)
	note("allowed hosts", was.Allow, is.Allow)
	note("project's place inside", was.Target, is.Target)
	note("umask", was.Umask, is.Umask)
	note("processors", was.CPUs, is.CPUs)
	note("mounts", was.Mounts, is.Mounts)
	note("caches", was.Caches, is.Caches)
	note("services", was.Services, is.Services)
	note("limits", was.Limits, is.Limits)
	note("rights", was.Security, is.Security)
	note("variables of the caller", was.PassEnv, is.PassEnv)
	note("secrets", was.Secrets, is.Secrets)
	return out
}

func named(i Image) string {
	if i.Digest != "" {
		return i.Digest
	}
	return strings.Join(i.Layers, " ")
}

func compareEnv(was, is []string) []string {
	var out []string
	a, b := asMap(was), asMap(is)
	for _, key := range sortedKeys(a, b) {
		x, inA := a[key]
		y, inB := b[key]
		switch {
		case !inB:
			out = append(out, fmt.Sprintf("variable %s: %q, now not set", key, x))
		case !inA:
			out = append(out, fmt.Sprintf("variable %s: not set, now %q", key, y))
		case x != y:
			out = append(out, fmt.Sprintf("variable %s: %q, now %q", key, x, y))
		}
	}
	return out
}

func asMap(env []string) map[string]string {
	m := map[string]string{}
	for _, kv := range env {
		key, value, _ := strings.Cut(kv, "=")
		m[key] = value
	}
	return m
}

func sortedKeys(maps ...map[string]string) []string {
	var keys []string
	for _, m := range maps {
		for key := range m {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}
