package sandbox

import (
	"cmp"
	"slices"
	"strings"

	"github.com/rootless-sandbox/sandbox/config"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

// PackagesError: packages were asked for where none can be installed.
type PackagesError struct{ Image string }

func (e *PackagesError) Error() string {
	return "packages on image " + e.Image + ": it is this machine's own, read-only"
}

// planImage turns a checked reference into its parts. Whether a rootfs is a
// directory or an archive is seen when it is opened.
func planImage(l *config.Loaded, c config.Config, h Host) (spec.Image, error) {
	project := l.Project.Dir
	if c.Builds() {
		return planBuild(l, c, h), nil
	}
	written := config.ParseImage(c.Image)
	i := spec.Image{Kind: written.Scheme, Ref: c.Image, Tag: written.Tag, Packages: sortedUnique(c.Packages)}
	i.Registry = planRegistry(c.Registry, h, project) // of whatever source: it may be pushed to one
	if written.IsPath() {
		i.Path = config.Expand(l.Place(written.Rest), h.Home, project)
		i.Name = written.Scheme + ":" + i.Path
		if i.Tag != "" {
			i.Name += ":" + i.Tag
		}
	}
	switch written.Scheme {
	case "host":
		if len(i.Packages) > 0 {
			return i, &PackagesError{c.Image}
		}
	case "rootfs":
		i.Kind, i.Name = spec.ImageDir, ""
	case "docker":
		i.Name = written.Reference()
	case "apt":
		i.Apt, i.AptLogin = planApt(c.Apt, written.Rest, h, project)
		i.Name = i.Apt.Name(i.Packages)
	}
	return i, nil
}

func planRegistry(r config.Registry, h Host, project string) spec.Registry {
	out := spec.Registry{AuthFile: lookup(h.Env, "SANDBOX_REGISTRY_AUTH")}
	if r.CAFile != "" {
		out.CAFile = config.Expand(r.CAFile, h.Home, project)
	}
	for _, m := range r.Mirrors {
		out.Mirrors = append(out.Mirrors, spec.Mirror{Prefix: m.Prefix, With: m.With, Only: m.Only})
	}
	return out
}

// planApt answers beside it who the caller is at the archive: what it answers is shown and kept, that is not.
func planApt(a config.Apt, suite string, h Host, project string) (out *spec.Apt, login string) {
	mirror, login := cutLogin(cmp.Or(a.Mirror, lookup(h.Env, "SANDBOX_APT_MIRROR")))
	snapshot, other := cutLogin(a.Snapshot)
	if strings.Contains(snapshot, "://") {
		login = other
	}
	out = &spec.Apt{Suite: suite, Mirror: mirror, Components: a.Components, Snapshot: snapshot}
	if a.Keyring != "" {
		out.Keyring = config.Expand(a.Keyring, h.Home, project)
	}
	return out, login
}

// cutLogin takes NAME:PASSWORD out of an address.
func cutLogin(address string) (without, login string) {
	scheme, rest, ok := strings.Cut(address, "://")
	host, _, _ := strings.Cut(rest, "/")
	at := strings.LastIndexByte(host, '@')
	if !ok || at < 0 {
		return address, ""
	}
	return scheme + "://" + rest[at+1:], rest[:at]
}

func sortedUnique(list []string) []string {
	if len(list) == 0 {
		return nil
	}
	out := slices.Clone(list)
	slices.Sort(out)
	return slices.Compact(out)
}
