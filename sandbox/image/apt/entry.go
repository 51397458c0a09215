package apt

import (
	"fmt"
	"path"
	"strconv"
	"strings"

	"pault.ag/go/debian/dependency"
	"pault.ag/go/debian/version"
)

// entry is one package of the index.
type entry struct {
	name      string
	version   version.Version
	arch      string
	priority  string
	file      string // its path below the archive's address
	sum       sum
	preDepend []dependency.Relation
	depends   []dependency.Relation
	conflicts []dependency.Relation // Conflicts and Breaks
	provides  []dependency.Possibility
}

func parseEntry(p []byte) (*entry, error) {
	e := &entry{name: field(p, "Package"), arch: field(p, "Architecture"), priority: field(p, "Priority")}
	bad := func(f string, err error) error {
		return &ParseError{indexName, fmt.Sprintf("package %s: %s: %v", e.name, f, err)}
	}
	var err error
	if e.version, err = version.Parse(field(p, "Version")); err != nil {
		return nil, bad("Version", err)
	}
	if e.sum.size, err = strconv.ParseInt(field(p, "Size"), 10, 64); err != nil || e.sum.size < 0 {
		return nil, bad("Size", fmt.Errorf("%q is not one", field(p, "Size")))
	}
	if e.sum.sha256 = field(p, "SHA256"); !validSHA256(e.sum.sha256) {
		return nil, bad("SHA256", fmt.Errorf("%q is not one", e.sum.sha256))
	}
	if e.file = field(p, "Filename"); !localPath(e.file) {
		return nil, bad("Filename", fmt.Errorf("%q is not a path in the archive", e.file))
	}
	for _, f := range []struct {
		name string
		to   *[]dependency.Relation
	}{
		{"Pre-Depends", &e.preDepend}, {"Depends", &e.depends}, {"Conflicts", &e.conflicts}, {"Breaks", &e.conflicts},
	} {
		d, err := dependency.Parse(field(p, f.name))
		if err != nil {
			return nil, bad(f.name, err)
		}
		*f.to = append(*f.to, d.Relations...)
	}
	d, err := dependency.Parse(field(p, "Provides"))
	if err != nil {
		return nil, bad("Provides", err)
	}
	for _, r := range d.Relations {
		e.provides = append(e.provides, r.Possibilities...)
	}
	return e, nil
}

// localPath says that a path stays below where it starts.
func localPath(p string) bool {
	return p != "" && path.Clean("/"+p) == "/"+strings.TrimPrefix(p, "./") && !strings.ContainsAny(p, "\\\r\n")
}

// satisfies says whether e itself is what p asks for. A constraint on an
// architecture says the same as none: there is one only.
func (e *entry) satisfies(p dependency.Possibility) bool {
	return e.name == p.Name && (p.Version == nil || p.Version.SatisfiedBy(e.version))
}

// standsFor says whether e provides what p asks for. Only a provided name with
// a version answers to a constraint on one (Debian policy, section 7.5).
func (e *entry) standsFor(p dependency.Possibility) bool {
	for _, v := range e.provides {
		if v.Name != p.Name {
			continue
		}
		if p.Version == nil {
			return true
		}
		if v.Version == nil {
			continue
		}
		if number, err := version.Parse(v.Version.Number); err == nil && p.Version.SatisfiedBy(number) {
			return true
		}
	}
	return false
}

func (e *entry) answers(p dependency.Possibility) bool { return e.satisfies(p) || e.standsFor(p) }
