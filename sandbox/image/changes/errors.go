package changes

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// ElsewhereError: a directory was renamed, or only the attributes of a file
// copied, in an overlay whose options allow that. What it holds is in a lower
// layer, which no layer of an image can say.
type ElsewhereError struct{ Path, Attribute string }

func (e *ElsewhereError) Error() string {
	return fmt.Sprintf("%s has its contents in a lower layer, says its attribute %s", e.Path, e.Attribute)
}

// errChanged: somebody writes to the directory.
var errChanged = errors.New("changed while it was read")

// pathError names the whole path where the cause knows only its last part.
func pathError(path string, err error) error {
	var p *fs.PathError
	var s *os.SyscallError
	switch {
	case errors.As(err, &p):
		return &fs.PathError{Op: p.Op, Path: path, Err: p.Err}
	case errors.As(err, &s):
		return &fs.PathError{Op: s.Syscall, Path: path, Err: s.Err}
	}
	return &fs.PathError{Op: "read", Path: path, Err: err}
}
