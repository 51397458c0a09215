package agent

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// stat is of a directory that test makes up.
type stat struct {
	os.FileInfo
	mode os.FileMode
	sys  syscall.Stat_t
}

func (s stat) Mode() os.FileMode { return s.mode }
func (s stat) Sys() any          { return &s.sys }

func TestSearchable(t *testing.T) {
	me := User{UID: 1000, GID: 100, Groups: []int{7}}
	for _, c := range []struct {
		name     string
		mode     os.FileMode
		uid, gid uint32
		want     bool
	}{
		{"everybody", 0o001, 0, 0, true},
		{"the owner", 0o100, 1000, 0, true},
		{"the owner alone may not", 0o077, 1000, 100, false},
		{"the group", 0o010, 0, 100, true},
		{"another group of theirs", 0o010, 0, 7, true},
		{"the group alone may not", 0o701, 0, 100, false},
		{"nobody else", 0o770, 0, 0, false},
		{"reading is not enough", 0o666, 0, 0, false},
	} {
		if got := searchable(stat{mode: os.ModeDir | c.mode, sys: syscall.Stat_t{Uid: c.uid, Gid: c.gid}}, me); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

func TestMayEnter(t *testing.T) {
	top := t.TempDir()
	open, shut := filepath.Join(top, "open"), filepath.Join(top, "shut")
	if err := errors.Join(os.MkdirAll(shut+"/below", 0o755), os.MkdirAll(open, 0o755), os.Chmod(shut, 0)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Chmod(shut, 0o755) })
	me := User{UID: os.Getuid(), GID: os.Getgid()}
	for dir, want := range map[string]bool{"/": true, open: true, shut: false, shut + "/below": false, top + "/none": false} {
		if got := mayEnter(dir, me); got != want {
			t.Errorf("%s: %v", dir, got)
		}
	}
}

// TestMayEnterEnds: a client may say anything for a directory.
func TestMayEnterEnds(t *testing.T) {
	done := make(chan bool)
	go func() { done <- mayEnter("relative/..", User{UID: os.Getuid()}) }()
	select {
	case <-done:
	case <-time.After(time.Minute):
		t.Fatal("it goes on for ever")
	}
}
