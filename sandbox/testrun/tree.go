package testrun

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Tree names the files of a project.
type Tree struct {
	Digest string `json:"digest"`
	Files  int    `json:"files"`
	// Unread are files that the caller may not read, whose content is not in the digest.
	Unread int `json:"unread,omitempty"`
}

// maxTree is how many files are looked at.
const maxTree = 2_000_000

// ErrTooManyFiles: the files of a project have no digest.
var ErrTooManyFiles = fmt.Errorf("more than %d files", maxTree)

// entry is a file as it was found.
type entry struct {
	path  string
	mode  fs.FileMode
	stamp stamp
	sum   string // of its content, or a link's text; empty for a directory
}

// stamp changes whenever a file's content does.
type stamp struct {
	size, mtime, ctime int64
	ino                uint64
}

// ReadTree names the files below a directory, but for what is in a .git: names, kinds, whether a file
// may be executed, and contents. What is known of an earlier time, by the file known, is not read again.
func ReadTree(ctx context.Context, dir, known string) (Tree, error) {
	before := readKnown(known)
	began := time.Now()
	list, err := walkTree(ctx, dir)
	if err != nil {
		return Tree{}, err
	}
	var missing []*entry
	for i := range list {
		e := &list[i]
		if e.mode.IsRegular() {
			if old, ok := before[e.path]; ok && old.stamp == e.stamp {
				e.sum = old.sum
			} else {
				missing = append(missing, e)
			}
		}
	}
	if err := readAll(ctx, dir, missing); err != nil {
		return Tree{}, err
	}
	if len(missing) > 0 || len(before) == 0 {
		writeKnown(known, list, began)
	}
	return nameTree(list), nil
}

func nameTree(list []entry) Tree {
	slices.SortFunc(list, func(a, b entry) int { return strings.Compare(a.path, b.path) })
	h := sha256.New()
	t := Tree{Files: len(list)}
	for _, e := range list {
		if e.sum == unread {
			t.Unread++
		}
		_, _ = fmt.Fprintf(h, "%s %s\x00%s\n", kindWord(e.mode), e.path, e.sum)
	}
	t.Digest = "sha256:" + hex.EncodeToString(h.Sum(nil))
	return t
}

// kindWord leaves out what differs between checkouts and does not matter to git either.
func kindWord(m fs.FileMode) string {
	switch {
	case m.IsDir():
		return "d"
	case m&fs.ModeSymlink != 0:
		return "l"
	case !m.IsRegular():
		return "o"
	case m&0o100 != 0:
		return "x"
	}
	return "f"
}

func walkTree(ctx context.Context, dir string) ([]entry, error) {
	var list []entry
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		rel := strings.TrimPrefix(strings.TrimPrefix(path, dir), "/")
		switch {
		case rel == "":
			return err
		case errors.Is(err, fs.ErrNotExist):
			return nil // gone meanwhile
		case d.Name() == ".git" && d.IsDir():
			return fs.SkipDir
		case d.Name() == ".git":
			return nil // a file that says where the repository is
		case len(list) >= maxTree:
			return ErrTooManyFiles
		}
		e := entry{path: rel, mode: d.Type()}
		if err != nil {
			e.sum = unread // a directory that only others may look into
		} else if !d.IsDir() {
			err = e.look(path, d)
		}
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		list = append(list, e)
		return nil
	})
	return list, err
}

func (e *entry) look(path string, d fs.DirEntry) error {
	info, err := d.Info()
	if err != nil {
		return err
	}
	e.mode = info.Mode()
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		e.stamp = stamp{st.Size, st.Mtim.Nano(), st.Ctim.Nano(), st.Ino}
	}
	if e.mode&fs.ModeSymlink != 0 {
		e.sum, err = os.Readlink(path)
	}
	return err
}

// unread stands for what the caller may not read.
const unread = "?"

// readAll reads files side by side.
func readAll(ctx context.Context, dir string, list []*entry) error {
	var wg sync.WaitGroup
	var mu sync.Mutex
	next := 0
	for range min(len(list), max(2, runtime.GOMAXPROCS(0))) {
		wg.Go(func() {
			for ctx.Err() == nil {
				mu.Lock()
				i := next
				next++
				mu.Unlock()
				if i >= len(list) {
					return
				}
				list[i].sum = sumOf(filepath.Join(dir, list[i].path), list[i].stamp.size)
			}
		})
	}
	wg.Wait()
	return ctx.Err()
}

// sumOf reads no more than the file had when it was looked at.
func sumOf(path string, size int64) string {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if err != nil {
		return unread
	}
	defer func() { _ = f.Close() }()
	h := sha256.New()
	if _, err := io.Copy(h, io.LimitReader(f, size)); err != nil {
		return unread
	}
	return hex.EncodeToString(h.Sum(nil))
}
