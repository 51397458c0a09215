package untar

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/mikelolasagasti/xz"
)

// LimitError: the archive holds more than it may.
type LimitError struct {
	What  string // bytes | entries | bytes of archive | ...
	Limit int64
}

func (e *LimitError) Error() string {
	return fmt.Sprintf("archive holds more than %d %s", e.Limit, e.What)
}

// NameError: an entry's name, or the target of its hard link, is refused.
type NameError struct{ Name, Why string }

func (e *NameError) Error() string { return fmt.Sprintf("archive entry %q: %s", e.Name, e.Why) }

// OwnerError: the owner of an entry does not exist here, as a rule because the
// id is beyond the range of the user namespace.
type OwnerError struct {
	Name     string
	UID, GID int
	Err      error
}

func (e *OwnerError) Error() string {
	return fmt.Sprintf("give archive entry %q to %d:%d: %v", e.Name, e.UID, e.GID, e.Err)
}
func (e *OwnerError) Unwrap() error { return e.Err }

// CompressionError: the archive is compressed in a way that is not understood.
type CompressionError struct{ Name string } // lz4 | lzip | compress

func (e *CompressionError) Error() string { return "archive is compressed by " + e.Name }

// ArchiveError: the archive cannot be read, is damaged or ends too early; the
// last is an io.ErrUnexpectedEOF.
type ArchiveError struct {
	Why string
	Err error
}

func (e *ArchiveError) Error() string { return fmt.Sprintf("%s: %v", e.Why, e.Err) }
func (e *ArchiveError) Unwrap() error { return e.Err }

// EntryError: an entry could not be made.
type EntryError struct {
	Name string
	Err  error
}

func (e *EntryError) Error() string { return fmt.Sprintf("archive entry %q: %v", e.Name, e.Err) }
func (e *EntryError) Unwrap() error { return e.Err }

// archiveError tells apart why reading the archive ended.
func archiveError(err error) error {
	var limit *LimitError
	var unknown *CompressionError
	var unread *ArchiveError
	switch {
	case errors.As(err, &limit):
		return limit
	case errors.As(err, &unknown):
		return unknown
	case errors.As(err, &unread):
		return unread
	case tooLarge(err):
		return &LimitError{What: "bytes of decompressor's memory", Limit: maxWindow}
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF), errors.Is(err, xz.ErrBuf):
		return &ArchiveError{Why: "archive ends too early", Err: io.ErrUnexpectedEOF}
	case errors.Is(err, tar.ErrHeader):
		return &ArchiveError{Why: "not a tar archive, or a damaged one", Err: err}
	}
	return &ArchiveError{Why: "archive is damaged", Err: err}
}

// entryError names the whole entry where the cause knows only its last part.
func entryError(name string, err error) error {
	switch err.(type) {
	case nil, *LimitError, *NameError, *OwnerError, *ArchiveError, *EntryError:
		return err
	}
	var path *fs.PathError
	var link *os.LinkError
	switch {
	case errors.As(err, &path):
		err = fmt.Errorf("%s: %w", path.Op, path.Err)
	case errors.As(err, &link):
		err = fmt.Errorf("%s: %w", link.Op, link.Err)
	}
	return &EntryError{Name: name, Err: err}
}
