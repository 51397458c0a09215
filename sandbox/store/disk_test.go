package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

// The disk is a small tmpfs in a mount namespace of a helper's own.
func TestFullAndReadOnlyDisk(t *testing.T) {
	cmd := helper("full", t.TempDir())
	cmd.SysProcAttr.Cloneflags = syscall.CLONE_NEWNS
	if os.Getuid() != 0 { // root of a user namespace may mount, too
		cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}}
	}
	if err := cmd.Run(); err != nil {
		t.Error(err)
	}
}

func writeToFullDisk(dir string) {
	must(syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""))
	must(syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=256k"))
	s, err := Open(filepath.Join(dir, "data"), filepath.Join(dir, "run"))
	must(err)
	unlock, err := s.Lock(context.Background(), "4f2a9c")
	must(err)
	must(s.WriteState("4f2a9c", someState()))

	fill(filepath.Join(dir, "filler"))
	larger := someState()
	larger.HooksDone = []string{strings.Repeat("x", 64<<10)}
	wantErrno(s.WriteState("4f2a9c", larger), syscall.ENOSPC, s.Data())
	wantOldState(s)

	unlock() // a file open for writing forbids the change
	must(syscall.Mount("", dir, "", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""))
	wantErrno(s.WriteState("4f2a9c", larger), syscall.EROFS, s.Data())
	wantOldState(s)
	_, err = s.Lock(context.Background(), "000000")
	wantErrno(err, syscall.EROFS, dir)
	_, _, err = s.Temp("4f2a9c")
	wantErrno(err, syscall.EROFS, dir)
	_, err = Open(s.Data(), s.Runtime()) // to look is still possible
	must(err)
	_, err = Open(filepath.Join(dir, "other"), s.Runtime())
	wantErrno(err, syscall.EROFS, filepath.Join(dir, "other"))
	os.Exit(0)
}

func fill(path string) {
	f, err := os.Create(path)
	must(err)
	for err == nil {
		_, err = f.Write(make([]byte, 4096))
	}
	wantErrno(err, syscall.ENOSPC, path)
	must(f.Close())
}

func wantOldState(s *Store) {
	st, err := s.ReadState("4f2a9c")
	must(err)
	if st.HooksDone[0] != "create" {
		panic("the old state is lost")
	}
	if _, err := os.Lstat(filepath.Join(s.Sandbox("4f2a9c").Path(), newStateName)); !errors.Is(err, fs.ErrNotExist) {
		panic(fmt.Sprint("half a state stays behind: ", err))
	}
}

func wantErrno(err error, want syscall.Errno, path string) {
	if !errors.Is(err, want) || !strings.Contains(err.Error(), path) {
		panic(fmt.Sprintf("got %v, want %v and %s", err, want, path))
	}
}

func TestForbiddenDirectory(t *testing.T) {
	s := locked(t, "4f2a9c")
	d := s.Sandbox("4f2a9c")
	must(os.Chmod(d.Path(), 0o500))
	defer func() { must(os.Chmod(d.Path(), 0o700)) }()
	if err := asNobody(func() error { return s.WriteState("4f2a9c", someState()) }); !errors.Is(err, syscall.EACCES) || !strings.Contains(err.Error(), d.Path()) {
		t.Errorf("got %v", err)
	}
}

// asNobody takes root's powers over files from one thread, which ends with the
// goroutine that is locked to it. Without them, f is simply called.
func asNobody(f func() error) error {
	result := make(chan error)
	go func() {
		runtime.LockOSThread()
		if os.Getuid() == 0 {
			must(syscall.Setfsuid(65534))
		}
		result <- f()
	}()
	return <-result
}
