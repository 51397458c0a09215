package apt

import (
	"archive/tar"
	"fmt"
	"io/fs"

	"pault.ag/go/debian/dependency"
	"pault.ag/go/debian/version"
)

// taking is what becomes of an entry of a package.
type taking int

const (
	write        taking = iota
	skip                // it is there already; the package has it as well
	skipUnlisted        // another package replaces it
)

// take decides as dpkg does (src/main/archives.c): a directory that is there
// stays as it is, and a file of another package only gives way where one of the
// two says that it replaces the other.
func (m *merger) take(u *unit, h *tar.Header, to string) (taking, error) {
	old, there := m.view.lookup(to)
	if !there {
		return write, nil
	}
	if h.Typeflag == tar.TypeDir {
		if old.kind == fs.ModeDir || m.view.isDir(to) {
			return skip, nil
		}
		return write, fmt.Errorf("a directory, and %s has something else there", name(old.owner))
	}
	if old.kind == fs.ModeDir {
		if h.Typeflag == tar.TypeSymlink && m.view.isDir(to+"/../"+h.Linkname) {
			return skip, nil
		}
		return write, fmt.Errorf("no directory, and %s has one there", name(old.owner))
	}
	if old.owner == nil || old.owner == u {
		return write, nil
	}
	if u.replaces(old.owner) {
		old.owner.unlist(to, m)
		return write, nil
	}
	if old.owner.replaces(u) {
		return skipUnlisted, nil
	}
	return write, fmt.Errorf("package %s has it as well", old.owner.Name)
}

func name(u *unit) string {
	if u == nil {
		return "the tree"
	}
	return "package " + u.Name
}

// replaces says whether u may overwrite files of other (Debian policy, section 7.6).
func (u *unit) replaces(other *unit) bool {
	d, err := dependency.Parse(field(u.control, "Replaces"))
	if err != nil {
		return false
	}
	v, err := version.Parse(other.Version)
	if err != nil {
		return false
	}
	for _, r := range d.Relations {
		for _, p := range r.Possibilities {
			if p.Name == other.Name && (p.Version == nil || p.Version.SatisfiedBy(v)) {
				return true
			}
		}
	}
	return false
}

// unlist takes a path away from a package that lost it.
func (u *unit) unlist(to string, m *merger) {
	for i, l := range u.list {
		if m.place(u, l[1:]) == to {
			u.list = append(u.list[:i], u.list[i+1:]...)
			return
		}
	}
}
