package apt

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"strings"
	"time"
)

// unit is one package while it is being installed.
type unit struct {
	Package
	deb       *deb
	control   []byte        // the paragraph of its control file
	members   []controlFile // the other files of control.tar, sorted as there
	conffiles []*conffile
	list      []string // what it brought, as it calls it: /. /bin /bin/sh
	md5sums   []byte   // made here when the package has none
}

// controlFile is a file of the package for dpkg: a script, a list, a template.
type controlFile struct {
	name string
	mode int64
	date time.Time
	body []byte
}

// conffile is a file whose changes are the user's own.
type conffile struct {
	path string // /etc/...
	md5  string // as it was brought; empty until then
}

// maxControl bounds what one package says about itself.
const maxControl = 64 << 20

func openUnit(c cache, k Package) (*unit, error) {
	d, err := openDeb(c.fast(k.SHA256))
	if errors.Is(err, os.ErrNotExist) {
		d, err = openVerified(c, k)
	}
	if err != nil {
		return nil, &PackageError{k.Name, err}
	}
	u := &unit{Package: k, deb: d}
	if err := u.readControl(d.control); err != nil {
		d.close()
		return nil, &PackageError{k.Name, err}
	}
	return u, nil
}

// openVerified opens the package as the archive has it.
func openVerified(c cache, k Package) (*deb, error) {
	path := c.deb(k.SHA256)
	ok, err := verified(path, sum{k.SHA256, k.Size})
	if err == nil && !ok {
		err = fmt.Errorf("%s: %w", path, os.ErrNotExist)
	}
	if err != nil {
		return nil, err
	}
	return openDeb(path)
}

func (u *unit) readControl(part io.Reader) error {
	plain, err := decompress(part)
	if err != nil {
		return err
	}
	defer func() { _ = plain.Close() }() // read only
	tr := tar.NewReader(io.LimitReader(plain, maxControl))
	for {
		h, err := tr.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("control.tar: %w", err)
		}
		if h.Typeflag != tar.TypeReg {
			continue
		}
		body, err := io.ReadAll(tr)
		if err != nil {
			return fmt.Errorf("control.tar: %w", err)
		}
		u.addControl(controlFile{path.Base(path.Clean(h.Name)), h.Mode & 0o777, h.ModTime, body})
	}
	if name := field(u.control, "Package"); name != u.Name {
		return fmt.Errorf("control.tar: it is of package %q", name)
	}
	return nil
}

func (u *unit) addControl(f controlFile) {
	switch f.name {
	case "control":
		u.control = f.body
		return
	case "list", ".", "..", "/":
		return // dpkg's own
	case "conffiles":
		for line := range strings.Lines(string(f.body)) {
			// A flag may stand before the path: remove-on-upgrade, which brings nothing.
			if line = strings.TrimSpace(line); strings.HasPrefix(line, "/") {
				u.conffiles = append(u.conffiles, &conffile{path: line})
			}
		}
	}
	u.members = append(u.members, f)
}

func (u *unit) member(name string) []byte {
	for _, m := range u.members {
		if m.name == name {
			return m.body
		}
	}
	return nil
}

func (u *unit) conffile(path string) *conffile {
	for _, c := range u.conffiles {
		if c.path == path {
			return c
		}
	}
	return nil
}

// qualified is the name that dpkg has for the package's files and triggers:
// that of a package that may be there for several architectures says which.
func (u *unit) qualified() string {
	if field(u.control, "Multi-Arch") == "same" {
		return u.Name + ":" + u.Arch
	}
	return u.Name
}
