package config

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
	"testing"
	"time"
)

// foreign is a regular file of some user.
type foreign struct{ uid uint32 }

func (foreign) Name() string       { return "f" }
func (foreign) Size() int64        { return 0 }
func (foreign) Mode() fs.FileMode  { return 0o644 }
func (foreign) ModTime() time.Time { return time.Time{} }
func (foreign) IsDir() bool        { return false }
func (f foreign) Sys() any         { return &syscall.Stat_t{Uid: f.uid} }

func TestOwner(t *testing.T) {
	me := uint32(os.Getuid())
	for uid, ok := range map[uint32]bool{0: true, me: true, me + 1: false, 65534: me == 65534} {
		err := checkInfo("/p/f", foreign{uid})
		var owner *OwnerError
		if (err == nil) != ok || !ok && (!errors.As(err, &owner) || *owner != OwnerError{"/p/f", int(uid)}) {
			t.Errorf("uid %d: %v", uid, err)
		}
	}
}
