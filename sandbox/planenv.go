package sandbox

import (
	"maps"
	"slices"
	"strings"

	"github.com/rootless-sandbox/sandbox/sandbox/image/host"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

// passed reports whether a variable of the caller's environment goes in unasked:
// what a terminal and a language need, and how the network is reached.
func passed(key string) bool {
	switch key {
	case "TERM", "COLORTERM", "NO_COLOR", "LANG", "LANGUAGE", "TZ",
		"http_proxy", "https_proxy", "ftp_proxy", "all_proxy", "no_proxy",
		"HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "ALL_PROXY", "NO_PROXY":
		return true
	}
	return strings.HasPrefix(key, "LC_")
}

// terminalEnv is the part of it that belongs to the terminal of each command.
func terminalEnv(env []string) []string {
	var out []string
	for _, kv := range env {
		switch key, _, _ := strings.Cut(kv, "="); key {
		case "TERM", "COLORTERM", "NO_COLOR":
			out = append(out, kv)
		}
	}
	return out
}

// environment is the base of every command's environment, sorted.
func environment(h Host, own map[string]string, files []string, imageKind string, inPlace []string) []string {
	env := map[string]string{}
	for _, kv := range h.Env {
		if key, value, _ := strings.Cut(kv, "="); passed(key) && !strings.HasPrefix(key, "TERM") {
			env[key] = value
		}
	}
	if path := host.Path(lookup(h.Env, "PATH"), inPlace...); imageKind == spec.ImageHost && path != "" {
		env["PATH"] = path
	}
	for _, kv := range files {
		key, value, _ := strings.Cut(kv, "=")
		env[key] = value
	}
	maps.Copy(env, own)
	env["SANDBOX"] = "1"
	out := make([]string, 0, len(env))
	for _, key := range slices.Sorted(maps.Keys(env)) {
		out = append(out, key+"="+env[key])
	}
	return out
}

// withImageEnv lays the sandbox's environment over the image's.
func withImageEnv(image, own []string) []string {
	if len(image) == 0 {
		return own
	}
	all := map[string]string{}
	for _, kv := range slices.Concat(image, own) {
		key, value, _ := strings.Cut(kv, "=")
		all[key] = value
	}
	out := make([]string, 0, len(all))
	for _, key := range slices.Sorted(maps.Keys(all)) {
		out = append(out, key+"="+all[key])
	}
	return out
}

func lookup(env []string, key string) string {
	for _, kv := range env {
		if v, ok := strings.CutPrefix(kv, key+"="); ok {
			return v
		}
	}
	return ""
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
