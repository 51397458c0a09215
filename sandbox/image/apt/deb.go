package apt

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"
)

// deb is a package as a file: an ar archive of debian-binary, control.tar and
// data.tar, in this order (deb(5)).
type deb struct {
	f    *os.File
	date time.Time // of the package's making
	// Parts as they are stored, compressed by whatever their first bytes say.
	control, data *io.SectionReader
}

const (
	arMagic  = "!<arch>\n"
	arHeader = 60
)

func openDeb(path string) (*deb, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	d, err := readDeb(f)
	if err != nil {
		_ = f.Close() // read only
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	d.f = f
	return d, nil
}

func (d *deb) close() { _ = d.f.Close() } // read only

var errNotDeb = errors.New("not a Debian package")

func readDeb(r io.ReaderAt) (*deb, error) {
	magic := make([]byte, len(arMagic))
	if _, err := r.ReadAt(magic, 0); err != nil || string(magic) != arMagic {
		return nil, errNotDeb
	}
	d := &deb{}
	for at := int64(len(arMagic)); d.data == nil; {
		m, err := readMember(r, at)
		if err != nil {
			return nil, err
		}
		switch {
		case m.name == "debian-binary":
			version := make([]byte, min(m.body.Size(), 2))
			if _, err := m.body.ReadAt(version, 0); err != nil || !bytes.Equal(version, []byte("2.")) {
				return nil, fmt.Errorf("%w: format %q", errNotDeb, version)
			}
			d.date = m.date
		case strings.HasPrefix(m.name, "control.tar") && d.control == nil:
			d.control = m.body
		case strings.HasPrefix(m.name, "data.tar") && d.control != nil:
			d.data = m.body
		}
		at += arHeader + m.body.Size() + m.body.Size()%2
	}
	return d, nil
}

type member struct {
	name string
	date time.Time
	body *io.SectionReader
}

func readMember(r io.ReaderAt, at int64) (member, error) {
	h := make([]byte, arHeader)
	if _, err := r.ReadAt(h, at); err != nil {
		return member{}, fmt.Errorf("%w: it ends too early", errNotDeb)
	}
	size, err := strconv.ParseInt(strings.TrimSpace(string(h[48:58])), 10, 64)
	if err != nil || size < 0 || string(h[58:]) != "`\n" {
		return member{}, fmt.Errorf("%w: bad header of a part", errNotDeb)
	}
	seconds, err := strconv.ParseInt(strings.TrimSpace(string(h[16:28])), 10, 64)
	if err != nil {
		return member{}, fmt.Errorf("%w: bad date of a part", errNotDeb)
	}
	return member{
		name: strings.TrimRight(strings.TrimSpace(string(h[:16])), "/"),
		date: time.Unix(seconds, 0),
		body: io.NewSectionReader(r, at+arHeader, size),
	}, nil
}

// writeMember writes a part of a known size.
func writeMember(w io.Writer, name string, date time.Time, body []byte) error {
	h := fmt.Sprintf("%-16s%-12d%-6d%-6d%-8s%-10d`\n", name, date.Unix(), 0, 0, "100644", len(body))
	if len(body)%2 == 1 {
		body = append(body, '\n')
	}
	if _, err := io.WriteString(w, h); err != nil {
		return err
	}
	_, err := w.Write(body)
	return err
}
