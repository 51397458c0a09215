package sandbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Bounds of a project that is copied into memory.
const (
	maxOrderedFiles = 50_000
	maxOrderedBytes = 256 << 20
)

// OrderError: the order of directory entries cannot be varied.
type OrderError struct{ Why string }

func (e *OrderError) Error() string { return "order of directory entries: " + e.Why }

// Reordered copies a tree into memory in an order that the seed decides: a tmpfs lists what was made last first, so that
// whoever reads the copy's directories meets the entries in another order. done removes the copy.
func (e *Engine) Reordered(ctx context.Context, dir string, seed uint64) (copied string, done func(), err error) {
	in, prefix, err := memoryDir(e.store.Runtime(), "/dev/shm")
	if err != nil {
		return "", nil, err
	}
	removeStaleOrders(in, prefix)
	return reordered(ctx, dir, in, prefix, seed)
}

// reordered makes the copy below a new directory of in.
func reordered(ctx context.Context, dir, in, prefix string, seed uint64) (string, func(), error) {
	own, err := os.MkdirTemp(in, prefix)
	if err != nil {
		return "", nil, err
	}
	lock, err := lockDir(own)
	if err != nil {
		return "", nil, errors.Join(err, os.Remove(own))
	}
	done := func() {
		removeTree(own)
		_ = lock.Close()
	}
	c := &reorder{ctx: ctx, rand: rand.New(rand.NewPCG(seed, 0))}
	top := filepath.Join(own, "tree")
	if err := os.Mkdir(top, 0o755); err != nil {
		done()
		return "", nil, err
	}
	if err := c.dir(dir, top); err != nil {
		done()
		return "", nil, err
	}
	return top, done, nil
}

// memoryDir is the first of the directories that is on a tmpfs, and how names of ours begin there: other users may write to
// the last one too.
func memoryDir(own, shared string) (dir, prefix string, err error) {
	if inMemory(own) {
		return own, "order-", nil
	}
	if inMemory(shared) {
		return shared, "sandbox-" + strconv.Itoa(os.Getuid()) + "-order-", nil
	}
	return "", "", &OrderError{"neither the directory for running things, " + own + ", nor " + shared + " is in memory"}
}

func inMemory(dir string) bool {
	const tmpfs = 0x01021994 // TMPFS_MAGIC, statfs(2)
	var st syscall.Statfs_t
	return syscall.Statfs(dir, &st) == nil && st.Type == tmpfs
}

// lockDir says that a copy is in use for as long as the file is open.
func lockDir(dir string) (*os.File, error) {
	f, err := os.OpenFile(dir, os.O_RDONLY|syscall.O_DIRECTORY|syscall.O_NOFOLLOW, 0)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// removeStaleOrders removes the copies of processes that were killed.
func removeStaleOrders(in, prefix string) {
	list, _ := os.ReadDir(in)
	for _, d := range list {
		info, err := d.Info()
		if err != nil || !d.IsDir() || !strings.HasPrefix(d.Name(), prefix) || time.Since(info.ModTime()) < time.Minute {
			continue
		}
		if st, ok := info.Sys().(*syscall.Stat_t); !ok || int(st.Uid) != os.Getuid() {
			continue
		}
		name := filepath.Join(in, d.Name())
		if lock, err := lockDir(name); err == nil {
			removeTree(name)
			_ = lock.Close()
		}
	}
}

// removeTree removes directories that nobody may write to, too.
func removeTree(dir string) {
	_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() {
			_ = os.Chmod(path, 0o700)
		}
		return nil
	})
	_ = os.RemoveAll(dir)
}

type reorder struct {
	ctx   context.Context
	rand  *rand.Rand
	files int
	bytes int64
}

func (c *reorder) dir(from, to string) error {
	list, err := os.ReadDir(from)
	if errors.Is(err, fs.ErrPermission) {
		return nil
	}
	if err != nil {
		return err
	}
	c.rand.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	for _, d := range list {
		if err := c.ctx.Err(); err != nil {
			return err
		}
		if c.files++; c.files > maxOrderedFiles {
			return &OrderError{fmt.Sprintf("the project has more than %d files", maxOrderedFiles)}
		}
		if err := c.entry(filepath.Join(from, d.Name()), filepath.Join(to, d.Name()), d); err != nil {
			return err
		}
	}
	return nil
}

func (c *reorder) entry(from, to string, d fs.DirEntry) error {
	info, err := d.Info()
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	switch {
	case d.IsDir():
		if err := os.Mkdir(to, 0o700); err != nil {
			return err
		}
		if err := c.dir(from, to); err != nil {
			return err
		}
		err = os.Chmod(to, info.Mode().Perm())
	case d.Type()&fs.ModeSymlink != 0:
		text, err := os.Readlink(from)
		if err != nil {
			return err
		}
		return os.Symlink(text, to)
	case d.Type().IsRegular():
		if c.bytes += info.Size(); c.bytes > maxOrderedBytes {
			return &OrderError{fmt.Sprintf("the project has more than %d MiB", maxOrderedBytes>>20)}
		}
		err = copyPlain(from, to, info)
	default:
		return nil
	}
	if err != nil {
		return err
	}
	return os.Chtimes(to, info.ModTime(), info.ModTime())
}

func copyPlain(from, to string, info fs.FileInfo) error {
	in, err := os.OpenFile(from, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, io.LimitReader(in, info.Size()))
	return errors.Join(err, out.Chmod(info.Mode().Perm()), out.Close())
}
