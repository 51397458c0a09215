package feature

import (
	"slices"
	"strings"
)

// Source is one that contributes to the container: a feature, or what an image says of itself.
type Source struct {
	Name string // for people
	Metadata
}

// Sources are features in the order of their installation.
func Sources(ordered []Node) []Source {
	out := make([]Source, 0, len(ordered))
	for _, n := range ordered {
		out = append(out, Source{n.Written, n.Metadata})
	}
	return out
}

// Contribution is what all of them together ask of the container.
type Contribution struct {
	Mounts      []Wanted // the last one of each target
	Privileged  []string // by whom
	CapAdd      []Wish
	SecurityOpt []Wish
	Init        bool
	Entrypoints []Task
	// In the order in which they run, before the user's own of each point.
	OnCreate, UpdateContent, PostCreate, PostStart, PostAttach []Task
}

// Wanted is a mount with who wants it.
type Wanted struct {
	Mount
	By string
}

// Wish is a word with who says it.
type Wish struct{ Word, By string }

// Task is a command with whose it is.
type Task struct {
	Command
	By string
}

// Merge collects what sources contribute, by the rules of the specification ("Merge
// Logic"): truths by or, lists as a union, commands one after the other, mounts by their
// target. vars are the variables that may stand in mounts and entrypoints.
func Merge(sources []Source, vars map[string]string) Contribution {
	var c Contribution
	for _, s := range sources {
		c.Init = c.Init || s.Init
		if s.Privileged {
			c.Privileged = append(c.Privileged, s.Name)
		}
		c.CapAdd = union(c.CapAdd, s.CapAdd, s.Name)
		c.SecurityOpt = union(c.SecurityOpt, s.SecurityOpt, s.Name)
		for _, m := range s.Mounts {
			m.Source, m.Target = Expand(m.Source, vars), Expand(m.Target, vars)
			c.Mounts = append(slices.DeleteFunc(c.Mounts, func(w Wanted) bool { return w.Target == m.Target }), Wanted{m, s.Name})
		}
		if s.Entrypoint != "" {
			c.Entrypoints = append(c.Entrypoints, Task{Command{Shell: Expand(s.Entrypoint, vars)}, s.Name})
		}
		for _, h := range []struct {
			to   *[]Task
			from Command
		}{
			{&c.OnCreate, s.Hooks.OnCreate}, {&c.UpdateContent, s.Hooks.UpdateContent}, {&c.PostCreate, s.Hooks.PostCreate},
			{&c.PostStart, s.Hooks.PostStart}, {&c.PostAttach, s.Hooks.PostAttach},
		} {
			if !h.from.IsZero() {
				*h.to = append(*h.to, Task{h.from, s.Name})
			}
		}
	}
	return c
}

func union(list []Wish, words []string, by string) []Wish {
	for _, w := range words {
		if !slices.ContainsFunc(list, func(have Wish) bool { return have.Word == w }) {
			list = append(list, Wish{w, by})
		}
	}
	return list
}

// Expand puts variables into a text: ${devcontainerId}. Names that are not known stay as they are.
func Expand(s string, vars map[string]string) string {
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(s, "${")
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		name, after, closed := strings.Cut(rest, "}")
		if value, known := vars[name]; closed && known {
			b.WriteString(value)
			s = after
			continue
		}
		b.WriteString("${")
		s = rest
	}
}
