package apt

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/opencontainers/go-digest"
	"pault.ag/go/debian/dependency"
)

// Plan is what a root file system is made of. It can be written as JSON and
// read again by another process.
type Plan struct {
	Suite      string    `json:"suite"`    // as it was asked for
	Codename   string    `json:"codename"` // of the release
	Arch       string    `json:"arch"`
	Mirror     string    `json:"mirror"` // where packages are fetched from
	Components []string  `json:"components"`
	Date       time.Time `json:"date"` // of the release file that the plan was made from
	Packages   []Package `json:"packages"`
}

// Package is one of a plan; they are sorted by name.
type Package struct {
	Name     string `json:"name"`
	Version  string `json:"version"`
	Arch     string `json:"arch"`
	SHA256   string `json:"sha256"` // of the .deb, in hexadecimal
	Size     int64  `json:"size"`   // of the .deb, in bytes
	Filename string `json:"filename"`

	// Base packages make the minimal system, in which scripts of others can run.
	Base bool `json:"base,omitempty"`
	// Auto packages are here only because others need them: apt may remove them.
	Auto bool `json:"auto,omitempty"`
	// PreDepends and Depends are the packages of the plan that satisfy each.
	PreDepends []string `json:"pre_depends,omitempty"`
	Depends    []string `json:"depends,omitempty"`
}

// planVersion changes when the same packages make another tree than before.
const planVersion = 1

// Digest is the key of the tree that Install makes: everything that shapes it,
// and nothing else. The date of the release does not: the same versions have
// the same digest.
func (p *Plan) Digest() digest.Digest {
	var b strings.Builder
	fmt.Fprintf(&b, "apt %d\nsuite %s\ncodename %s\narch %s\nmirror %s\ncomponents %s\n", planVersion,
		p.Suite, p.Codename, p.Arch, public(p.Mirror), strings.Join(p.Components, " "))
	for _, k := range p.Packages {
		fmt.Fprintf(&b, "%s %s %s %s %t\n", k.Name, k.Version, k.Arch, k.SHA256, k.Auto)
	}
	return digest.FromString(b.String())
}

// Size is what there is to fetch when nothing is cached, in bytes.
func (p *Plan) Size() (total int64) {
	for _, k := range p.Packages {
		total += k.Size
	}
	return total
}

// packages puts a solution into the form of a plan.
func (s *solution) packages() []Package {
	deps := map[string][2][]string{}
	for name, e := range s.chosen {
		deps[name] = [2][]string{s.answers(e, e.preDepend), s.answers(e, e.depends)}
	}
	next := func(name string) []string { return slices.Concat(deps[name][0], deps[name][1]) }
	essential := closure(s.roots.essential, next)
	base := closure(slices.Concat(s.roots.essential, s.roots.required), next)

	var all []Package
	for _, name := range slices.Sorted(maps.Keys(s.chosen)) {
		e := s.chosen[name]
		// What the essential packages need was never up to a choice of the user's.
		manual := essential[name] || slices.Contains(s.roots.required, name) || slices.Contains(s.roots.asked, name)
		all = append(all, Package{
			Name: name, Version: e.version.String(), Arch: e.arch,
			SHA256: e.sum.sha256, Size: e.sum.size, Filename: e.file,
			Base: base[name], Auto: !manual,
			PreDepends: deps[name][0], Depends: deps[name][1],
		})
	}
	return all
}

func (s *solution) answers(e *entry, rels []dependency.Relation) []string {
	var names []string
	for _, rel := range rels {
		if a := s.s.answer(rel); a != nil && a != e {
			names = append(names, a.name)
		}
	}
	return sorted(names)
}

// closure is all that can be reached from some names, themselves included.
func closure(from []string, next func(string) []string) map[string]bool {
	reached := map[string]bool{}
	todo := slices.Clone(from)
	for len(todo) > 0 {
		name := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if !reached[name] {
			reached[name] = true
			todo = append(todo, next(name)...)
		}
	}
	return reached
}
