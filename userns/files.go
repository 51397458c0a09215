package userns

import (
	"os"
	"time"

	"github.com/rootless-sandbox/sandbox/userns/internal/sys"
)

// What the standard library has no function for, and needs no namespace.

// SetModTime sets the time of change of a name in a directory, of a symbolic link itself.
func SetModTime(dir *os.File, name string, t time.Time) error {
	return sys.SetModTime(int(dir.Fd()), name, t)
}

// SyncFS returns when all that was written to the file system of a directory is
// on the disk, or tells that it could not be written.
func SyncFS(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // read only
	return sys.SyncFS(int(f.Fd()))
}
