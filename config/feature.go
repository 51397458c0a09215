package config

import (
	"fmt"
	"maps"
	"net/netip"
	"net/url"
	"reflect"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// FeatureOptions are the options of one feature of a dev container, all as text:
// a truth is "true" or "false", and a feature that is given as one text has it as
// the option "version" (dev container spec, features).
type FeatureOptions map[string]string

// flow writes the options on one line.
func (o FeatureOptions) flow() string {
	parts := make([]string, 0, len(o))
	for _, name := range slices.Sorted(maps.Keys(o)) {
		parts = append(parts, inQuotes(name)+": "+inQuotes(o[name]))
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

// checkFeature looks at what every name of a feature keeps to; whether it is one,
// whoever looks for it says.
func checkFeature(s string) string {
	switch host, _, _ := strings.Cut(s, "/"); {
	case s == "" || len(s) > 1024 || strings.ContainsFunc(s, blankOrControl):
		return quoted(conceal(s)) + " is no feature: expected a name such as ghcr.io/devcontainers/features/node:1, https://..., or ./DIR"
	case strings.HasPrefix(s, "https://") && strings.Contains(strings.SplitN(s, "/", 4)[2], "@"), strings.Contains(host, "@") && !strings.Contains(host, "@sha256:"):
		return "holds a user's name or password" // and is not repeated
	}
	return ""
}

// features reads names with their options. A feature that an earlier layer has too gets
// the later one's options, and the others stay.
func (d *decoder) features(n ast.Node, all *map[string]FeatureOptions, f field, key string) {
	if _, ok := n.(*ast.MappingNode); !ok && pairs(n) == nil {
		d.failKey(start(n), key, "expected keys and values, found %s", describe(n))
		return
	}
	if *all == nil {
		*all = map[string]FeatureOptions{}
	}
	d.from(start(n), key)
	d.entries(n, key, func(e entry) {
		if message := checkFeature(e.name); message != "" {
			d.failKey(e.at, key, "%s", message)
			return
		}
		value := d.follow(e.value)
		if value == nil || !d.spend(value) {
			return
		}
		o := FeatureOptions{}
		if !d.featureOptions(value, o, f, e) {
			return
		}
		(*all)[e.name] = o
		d.from(e.at, e.key)
	})
}

// featureOptions reads {NAME: value}, true, or a version.
func (d *decoder) featureOptions(n ast.Node, o FeatureOptions, f field, e entry) bool {
	if _, null := n.(*ast.NullNode); null {
		d.failKey(e.at, e.key, "has no value: write {} for the defaults")
		return false
	}
	if truth, ok := n.(*ast.BoolNode); ok {
		if !truth.Value {
			d.failKey(start(n), e.key, "expected options, a version or true: remove the line to leave the feature out")
		}
		return truth.Value
	}
	if s, _, ok := word(n); ok {
		if s, _, ok = d.expand(n, s, e.key, f); ok {
			o["version"] = s
		}
		return ok
	}
	v := reflect.ValueOf((*map[string]string)(&o)).Elem()
	before := len(d.problems)
	d.stringMap(n, v, f, e.key)
	return len(d.problems) == before
}

// FeatureAsk is what one feature asks of the host beyond the project, as it was found
// to be when the feature was looked at.
type FeatureAsk struct {
	ID         string // as it is written
	Binds      []Mount
	CapAdd     []string
	Unconfined bool // no filter of system calls
}

// Ask adds what features were found to ask to the requests. A feature that another one
// needs is the project's as soon as any is.
func (l *Loaded) Ask(features []FeatureAsk) { l.features = features }

// FeatureFile is the file that a feature is written in, and whether that is the
// project's own, shared one; "" for a feature that no file names.
func (l *Loaded) FeatureFile(id string) (file string, shared bool) {
	o := l.Origins[join("features", id)]
	return o.File, o.Layer == layerProject
}

// LocalRequest is how a feature is asked for whose archive a service of this machine, or of
// its network, hands out; "" for another one. Whatever answers there was not made for it.
func LocalRequest(id string) string {
	u, err := url.Parse(id)
	if err != nil || u.Host == "" {
		return ""
	}
	addr, err := netip.ParseAddr(u.Hostname())
	if u.Hostname() != "localhost" && !strings.HasSuffix(u.Hostname(), ".localhost") && (err != nil || !addr.IsLoopback() && !PrivateAddr(addr)) {
		return ""
	}
	return "a request to an address of your own: " + exact(id)
}

func (l *Loaded) featureRequests(ask func(key, what string)) {
	for _, id := range slices.Sorted(maps.Keys(l.Config.Features)) {
		ask(join("features", id), LocalRequest(id))
	}
	for _, f := range l.features {
		key := l.featureKey(f.ID)
		by := ", for the feature " + exact(f.ID)
		for _, m := range f.Binds {
			how := ", writable"
			if m.ReadOnly {
				how = ", read-only"
			}
			ask(key, l.bindWords(m)+how+by)
		}
		for _, name := range f.CapAdd {
			ask(key, capabilityWords(name)+by)
		}
		if f.Unconfined {
			ask(key, "no filter of system calls: processes inside reach all of the kernel that your own do"+by)
		}
	}
}

// bindWords: the path of a feature is nobody's in the project.
func (l *Loaded) bindWords(m Mount) string {
	words := "bind mount of " + exact(m.Source)
	if target := l.Place(m.Source); target != m.Source {
		words += fmt.Sprintf(" (it leads to %s)", exact(target))
	}
	return words + " at " + exact(m.Target)
}

// featureKey is the key of a feature, or of one of the project's that may need it.
func (l *Loaded) featureKey(id string) string {
	key := join("features", id)
	if _, written := l.Origins[key]; written {
		return key
	}
	for _, other := range slices.Sorted(maps.Keys(l.Config.Features)) {
		k := join("features", other)
		if layer := l.Origins[k].Layer; layer == layerProject || layer == layerLocal {
			return k
		}
	}
	return "features"
}
