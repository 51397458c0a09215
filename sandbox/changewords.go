package sandbox

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/rootless-sandbox/sandbox/sandbox/cache"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

// without is the image as it was asked for, but for what is installed on top.
func without(i spec.Image) spec.Image {
	i.Packages, i.Features, i.Name, i.Digest, i.Layers, i.Env = nil, nil, "", "", nil, nil
	i.Registry, i.AptLogin = spec.Registry{}, "" // how it is reached, which is not kept
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
	return cmp.Or(old, "none") + " -> " + cmp.Or(want, "none")
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

func workspaceDiff(old, want spec.Workspace) string {
	if target := arrow(old.Target, want.Target); target != "" {
		return target
	}
	return arrow(old.Mode, want.Mode)
}

func limitsDiff(old, want spec.Limits) string {
	var out []string
	for _, l := range []struct {
		name      string
		old, want int
	}{{"pids", old.PIDs, want.PIDs}, {"nofile", old.NoFile, want.NoFile}} {
		if l.old != l.want {
			out = append(out, fmt.Sprintf("%s %d -> %d", l.name, l.old, l.want))
		}
	}
	return strings.Join(out, ", ")
}

func targets(list []spec.Mount) (out []string) {
	for _, m := range list {
		out = append(out, m.Target)
	}
	return out
}

func secretNames(s spec.Spec) (out []string) {
	for _, x := range s.Secrets {
		out = append(out, x.Name)
	}
	return out
}

func cacheNames(s spec.Spec) (out []string) {
	for _, c := range s.Caches {
		out = append(out, c.Name)
	}
	return out
}

// cachePlaces are the caches with where they are: a variable may move them. That
// another user or image does is said of those.
func cachePlaces(s, old spec.Spec) map[spec.Cache][]cache.Mount {
	out := map[spec.Cache][]cache.Mount{}
	for _, c := range s.Caches {
		out[c] = nil
		if t, ok := cache.Find(c.Name); ok {
			out[c], _ = t.In(old.User.Home, old.User.UID, withImageEnv(slices.Clone(old.Image.Env), s.Env))
		}
	}
	return out
}

// featureKeys are what decides what is installed.
func featureKeys(list []spec.Feature) []string {
	var out []string
	for _, f := range list {
		out = append(out, fmt.Sprintf("%s %q %q", f.Digest, f.Options, f.Env))
	}
	return out
}

// featureDiff names what is there, gone, or other than it was.
func featureDiff(old, want []spec.Feature) string {
	names := func(list []spec.Feature) (out []string) {
		for _, f := range list {
			out = append(out, f.ID)
		}
		return out
	}
	if diff := listDiff(names(old), names(want)); diff != "" {
		return diff
	}
	was, is := featureKeys(old), featureKeys(want)
	var out []string
	for i, f := range want {
		if i < len(was) && !slices.Contains(was, is[i]) {
			out = append(out, f.ID)
		}
	}
	if len(out) == 0 {
		return "in another order"
	}
	return strings.Join(out, " ")
}
