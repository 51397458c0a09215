package config

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
)

// place is where a path of the host was found to lead.
type place struct {
	path string
	ok   bool
}

// Place is where a path of the configuration leads: absolute, and without symbolic
// links as they were when it was first asked for. The answer stays the same for as
// long as this configuration is used, so that what the user was shown is what is
// used, whatever becomes of a link meanwhile; whoever opens it refuses links. A path
// that ends at a link to nothing is answered with that link in it, a ~ that nobody can
// expand as it is.
func (l *Loaded) Place(path string) string {
	if l.homeless(path) {
		return path
	}
	target, _ := l.place(Expand(path, l.home, l.Project.Dir))
	return target
}

// Placed is the configuration with the places of its paths, but for the image's,
// which has other parts.
func (l *Loaded) Placed() Config {
	c := l.Config
	c.EnvFile = l.Places(c.EnvFile)
	c.Mounts = slices.Clone(c.Mounts)
	for i, m := range c.Mounts {
		if m.Type != "volume" && m.Source != "" {
			c.Mounts[i].Source = l.Place(m.Source)
		}
	}
	c.Services = maps.Clone(c.Services)
	for name, s := range c.Services {
		s.Mounts = slices.Clone(s.Mounts)
		for i, m := range s.Mounts {
			if m.Type != "volume" && m.Source != "" {
				s.Mounts[i].Source = l.Place(m.Source)
			}
		}
		c.Services[name] = s
	}
	for _, path := range []*string{&c.Apt.Keyring, &c.Registry.CAFile} {
		if *path != "" {
			*path = l.Place(*path)
		}
	}
	c.Security.Devices = l.Places(c.Security.Devices)
	return c
}

// Places is Place for a list.
func (l *Loaded) Places(paths []string) []string {
	out := make([]string, 0, len(paths))
	for _, p := range paths {
		out = append(out, l.Place(p))
	}
	return out
}

func (l *Loaded) place(path string) (string, bool) {
	if p, known := l.places[path]; known {
		return p.path, p.ok
	}
	target, ok := destination(path)
	if !ok {
		target = path
	}
	if l.places == nil {
		l.places = map[string]place{}
	}
	l.places[path] = place{target, ok}
	return target, ok
}

// destination is where a path leads. What does not exist yet is below the nearest
// directory that does; not ok when that ends at a link to nothing, which can
// become anything.
func destination(path string) (target string, ok bool) {
	rest := ""
	for dir := path; ; dir = filepath.Dir(dir) {
		if real, err := filepath.EvalSymlinks(dir); err == nil {
			return filepath.Join(real, rest), true
		}
		if _, err := os.Lstat(dir); err == nil || dir == filepath.Dir(dir) {
			return "", false
		}
		rest = filepath.Join(filepath.Base(dir), rest)
	}
}
