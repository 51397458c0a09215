package apt

import (
	"archive/tar"
	"bytes"
	"crypto/md5" // dpkg's own format asks for it; nothing is trusted because of it
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
	"time"
)

// merger writes packages as one archive: the tree as dpkg would have unpacked
// them. Of what two of them have, it leaves one out, so that whoever extracts
// the archive need not know about packages.
type merger struct {
	tw      *tar.Writer
	epoch   time.Time // no later time is written
	view    *view
	diverts map[string]diversion
	copyBuf []byte
}

var errBadPath = errors.New("bad path in package")

// add writes what is in a package, and notes it in u.
func (m *merger) add(u *unit) error {
	if err := m.addData(u); err != nil {
		return &PackageError{u.Name, err}
	}
	return nil
}

func (m *merger) addData(u *unit) error {
	plain, err := decompress(u.deb.data)
	if err != nil {
		return err
	}
	defer func() { _ = plain.Close() }() // read only
	tr := tar.NewReader(plain)
	sums := u.member("md5sums") == nil
	for {
		h, err := tr.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("data.tar: %w", err)
		}
		name := strings.TrimPrefix(path.Clean("/"+h.Name), "/")
		if strings.ContainsAny(name, "\n\x00") || strings.Contains("/"+h.Name+"/", "/../") {
			return fmt.Errorf("%w: %.200q", errBadPath, h.Name)
		}
		if err := m.entry(u, h, name, tr, sums); err != nil {
			return fmt.Errorf("/%s: %w", name, err)
		}
	}
}

func (m *merger) entry(u *unit, h *tar.Header, name string, body io.Reader, sums bool) error {
	if name == "" {
		u.list = append(u.list, "/.")
		return nil
	}
	to := m.place(u, name)
	take, err := m.take(u, h, to)
	if err != nil {
		return err
	}
	if take != skipUnlisted {
		u.list = append(u.list, "/"+name)
	}
	if take != write {
		return nil
	}
	out := &tar.Header{Typeflag: h.Typeflag, Name: to, Linkname: h.Linkname, Mode: h.Mode & 0o7777, Uid: h.Uid, Gid: h.Gid, ModTime: m.clamp(h.ModTime)}
	n := node{owner: u}
	switch h.Typeflag {
	case tar.TypeReg:
		out.Size = h.Size
	case tar.TypeDir:
		n.kind = fs.ModeDir
	case tar.TypeSymlink:
		n.kind, n.target = fs.ModeSymlink, h.Linkname
	case tar.TypeLink:
		out.Linkname = m.place(u, strings.TrimPrefix(path.Clean("/"+h.Linkname), "/"))
	}
	m.view.nodes[to] = n
	if err := m.tw.WriteHeader(out); err != nil {
		return err
	}
	if h.Typeflag != tar.TypeReg {
		return nil
	}
	return m.copy(u, name, body, sums)
}

// place is where a package's file goes: in the directories that its path leads
// to, and not to a name that was diverted for another package's sake.
func (m *merger) place(u *unit, name string) string {
	if d, ok := m.diverts["/"+name]; ok && d.by != u.Name {
		name = strings.TrimPrefix(d.to, "/")
	}
	return m.view.resolve(name, false)
}

func (m *merger) clamp(t time.Time) time.Time {
	if t.After(m.epoch) {
		t = m.epoch
	}
	return t.Truncate(time.Second)
}

// copy writes a file's contents, and sums them where dpkg keeps the sum.
func (m *merger) copy(u *unit, name string, body io.Reader, sums bool) error {
	c := u.conffile("/" + name)
	if m.copyBuf == nil {
		m.copyBuf = make([]byte, 128<<10)
	}
	if c == nil && !sums {
		_, err := io.CopyBuffer(struct{ io.Writer }{m.tw}, body, m.copyBuf)
		return err
	}
	hash := md5.New()
	if _, err := io.CopyBuffer(io.MultiWriter(m.tw, hash), body, m.copyBuf); err != nil {
		return err
	}
	sum := hex.EncodeToString(hash.Sum(nil))
	if c != nil {
		c.md5 = sum
	} else {
		u.md5sums = fmt.Appendf(u.md5sums, "%s  %s\n", sum, name)
	}
	return nil
}

// file writes a file that no package brings.
func (m *merger) file(name string, mode int64, date time.Time, body []byte) error {
	h := &tar.Header{Typeflag: tar.TypeReg, Name: m.view.resolve(name, false), Mode: mode, Size: int64(len(body)), ModTime: m.clamp(date)}
	if err := m.tw.WriteHeader(h); err != nil {
		return err
	}
	_, err := io.Copy(m.tw, bytes.NewReader(body))
	return err
}
