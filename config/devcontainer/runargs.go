package devcontainer

import (
	"slices"
	"strings"
)

// Flag is one of runArgs, as docker run takes them.
type Flag struct {
	Name  string // long, without dashes: cap-add
	Value string // true for one that has none
	Index int    // of the argument that it begins at
}

// Flags takes runArgs apart. loose are words that belong to no flag.
func Flags(args []string) (flags []Flag, loose []string) {
	for i := 0; i < len(args); i++ {
		f, needs := oneFlag(args[i])
		f.Index = i
		switch {
		case f.Name == "":
			loose = append(loose, args[i])
			continue
		case needs && i+1 < len(args):
			i++
			f.Value = args[i]
		}
		flags = append(flags, f)
	}
	return flags, loose
}

// oneFlag reads one argument, and says whether the next one is its value.
func oneFlag(arg string) (f Flag, needs bool) {
	if name, ok := strings.CutPrefix(arg, "--"); ok && name != "" {
		name, value, has := strings.Cut(name, "=")
		f.Name, f.Value = longName(name), value
		if !has && isSwitch(name) {
			f.Value = "true"
			return f, false
		}
		return f, !has
	}
	if len(arg) < 2 || arg[0] != '-' || arg == "--" {
		return f, false
	}
	name, ok := shortNames()[arg[1]]
	switch {
	case !ok:
		return Flag{Name: arg[1:]}, false
	case isSwitch(name):
		return Flag{Name: name, Value: "true"}, false
	}
	f.Name, f.Value = name, strings.TrimPrefix(arg[2:], "=")
	return f, len(arg) == 2
}

func longName(name string) string {
	switch name {
	case "net":
		return "network"
	case "dns-opt":
		return "dns-option"
	case "net-alias":
		return "network-alias"
	}
	return name
}

func shortNames() map[byte]string {
	return map[byte]string{
		'e': "env", 'v': "volume", 'u': "user", 'p': "publish", 'P': "publish-all", 'h': "hostname", 'm': "memory",
		'c': "cpu-shares", 'w': "workdir", 'l': "label", 'a': "attach", 'd': "detach", 'i': "interactive", 't': "tty", 'q': "quiet",
	}
}

// isSwitch reports the flags that take no value.
func isSwitch(name string) bool {
	return slices.Contains([]string{
		"detach", "init", "interactive", "no-healthcheck", "oom-kill-disable", "privileged", "publish-all", "read-only",
		"rm", "sig-proxy", "tty", "quiet", "disable-content-trust", "use-api-socket",
		"no-cache", "load", "push", "force-rm", "squash", "compress", // of docker build
	}, name)
}
