package config

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// WriteYAML writes the merged configuration as a file that could stand in its
// place, with the origin of each value behind it.
func (l *Loaded) WriteYAML(w io.Writer) error {
	var b strings.Builder
	var above []string // the mappings and the list that are open
	again := *l
	again.Config = l.texts(escapeDollar)
	again.walk(func(leaf leaf) {
		parents, last := leaf.path[:len(leaf.path)-1], leaf.path[len(leaf.path)-1]
		if leaf.item {
			parents = leaf.path
		}
		for i, name := range parents {
			if i >= len(above) || !slices.Equal(above[:i+1], parents[:i+1]) {
				fmt.Fprintf(&b, "%s%s:\n", indent(i), scalar(name))
			}
		}
		above = parents
		sign := scalar(last) + ":"
		if leaf.item {
			sign = "-"
		}
		fmt.Fprintf(&b, "%s%s %s  # %s\n", indent(len(parents)), sign, flow(leaf.value), l.Origins[leaf.key].below(l.Project.Dir))
	})
	_, err := io.WriteString(w, b.String())
	return err
}

func indent(n int) string { return strings.Repeat("  ", n) }

// flow writes a value on one line.
func flow(value any) string {
	switch v := value.(type) {
	case string:
		return scalar(v)
	case Mount:
		return flowMount(v)
	case Secret:
		return flowSecret(v)
	case Mirror:
		return flowMirror(v)
	case Hook:
		return flow(v.value())
	case []string:
		return flowList(v)
	case FeatureOptions:
		return v.flow()
	case []Mount, []Secret:
		return "[]" // an empty one: the others are written entry by entry
	case map[string]any:
		var parts []string
		for _, name := range slices.Sorted(maps.Keys(v)) {
			parts = append(parts, scalar(name)+": "+flow(v[name]))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	}
	return fmt.Sprint(value)
}

func flowList(list []string) string {
	parts := make([]string, 0, len(list))
	for _, s := range list {
		if strings.Contains(s, ":") { // the YAML library takes [a:b] within {} for a key with its value
			parts = append(parts, inQuotes(s))
			continue
		}
		parts = append(parts, scalar(s))
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

func flowMirror(m Mirror) string {
	parts := []string{"prefix: " + scalar(m.Prefix), "with: " + flowList(m.With)}
	if m.Only {
		parts = append(parts, "only: true")
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

func flowMount(m Mount) string {
	parts := []string{"type: " + scalar(m.Type)}
	for _, p := range []struct{ key, value string }{{"source", m.Source}, {"target", m.Target}, {"size", m.Size}} {
		if p.value != "" {
			parts = append(parts, p.key+": "+scalar(p.value))
		}
	}
	if m.ReadOnly {
		parts = append(parts, "readonly: true")
	}
	return "{" + strings.Join(parts, ", ") + "}"
}
