package cli

import (
	"math"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

// parseMount reads one --mount in docker's syntax: comma separated key=value
// pairs, https://docs.docker.com/reference/cli/docker/container/run/#mount.
func parseMount(word string) (spec.Mount, error) {
	m := spec.Mount{Type: "volume"}
	for _, pair := range strings.Split(word, ",") {
		key, value, valued := strings.Cut(pair, "=")
		if err := setMount(&m, key, value, valued); err != nil {
			return m, usagef("--mount %q: %s", word, err.msg)
		}
	}
	if err := checkMount(m); err != nil {
		return m, usagef("--mount %q: %s", word, err.msg)
	}
	return m, nil
}

func setMount(m *spec.Mount, key, value string, valued bool) *usageError {
	switch key {
	case "type":
		m.Type = value
	case "source", "src":
		m.Source = value
	case "target", "destination", "dst":
		m.Target = value
	case "readonly", "ro":
		on, err := strconv.ParseBool(value)
		if valued && err != nil {
			return usagef("%s=%s: true or false", key, value)
		}
		m.ReadOnly = on || !valued
	case "tmpfs-size":
		size, ok := parseSize(value)
		if !ok {
			return usagef("tmpfs-size=%s: a number, optionally with k, m or g", value)
		}
		m.Size = size
	default:
		return usagef("%q is none of type, source, target, readonly, tmpfs-size", key)
	}
	return nil
}

func checkMount(m spec.Mount) *usageError {
	switch {
	case m.Type != "bind" && m.Type != "volume" && m.Type != "tmpfs":
		return usagef("type %q is none of bind, volume, tmpfs", m.Type)
	case !filepath.IsAbs(m.Target):
		return usagef("target: an absolute path inside is needed")
	case m.Type != "tmpfs" && m.Source == "":
		return usagef("a %s needs a source", m.Type)
	case m.Type == "tmpfs" && m.Source != "":
		return usagef("a tmpfs has no source")
	case m.Type == "volume" && strings.ContainsAny(m.Source, "/"):
		return usagef("a volume's source is a name; for a path: type=bind")
	case m.Type != "tmpfs" && m.Size != 0:
		return usagef("tmpfs-size is for type=tmpfs")
	}
	return nil
}

// parseSize reads a positive number of bytes with a binary unit.
func parseSize(s string) (int64, bool) {
	unit := int64(1)
	number := strings.ToLower(s)
	for i, suffix := range []string{"k", "m", "g"} {
		if cut, found := strings.CutSuffix(number, suffix); found {
			number, unit = cut, int64(1)<<(10*(i+1))
			break
		}
	}
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil || n <= 0 || n > math.MaxInt64/unit {
		return 0, false
	}
	return n * unit, true
}
