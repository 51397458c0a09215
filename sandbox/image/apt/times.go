package apt

import (
	"os"
	"path"
	"syscall"
	"time"
	"unsafe"
)

// clampTimes sets every time in the tree that is later than epoch to it. The
// directories come after what is in them only in reading: setting a time does
// not change that of the directory above.
func clampTimes(root *os.Root, epoch time.Time) error {
	if err := clampDir(root, ".", epoch); err != nil {
		return err
	}
	info, err := root.Lstat(".")
	if err == nil && info.ModTime().After(epoch) {
		err = root.Chtimes(".", time.Time{}, epoch)
	}
	return err
}

func clampDir(root *os.Root, dir string, epoch time.Time) error {
	f, err := root.Open(dir)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // read only
	entries, err := f.ReadDir(-1)
	if err != nil {
		return err
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			return err
		}
		if info.ModTime().After(epoch) {
			if err := setTime(f, e.Name(), epoch); err != nil {
				return err
			}
		}
		if e.IsDir() {
			if err := clampDir(root, path.Join(dir, e.Name()), epoch); err != nil {
				return err
			}
		}
	}
	return nil
}

// Of fcntl.h and stat.h, the same on all architectures of Linux.
const (
	atSymlinkNofollow = 0x100
	utimeOmit         = 1<<30 - 2
)

// setTime is utimensat(2) for a name in a directory, of a symbolic link itself,
// which no function of the standard library can do.
func setTime(dir *os.File, name string, t time.Time) error {
	p, err := syscall.BytePtrFromString(name)
	if err != nil {
		return err
	}
	times := [2]syscall.Timespec{{Nsec: utimeOmit}, syscall.NsecToTimespec(t.UnixNano())}
	for {
		_, _, errno := syscall.Syscall6(syscall.SYS_UTIMENSAT, dir.Fd(), uintptr(unsafe.Pointer(p)), uintptr(unsafe.Pointer(&times)), atSymlinkNofollow, 0, 0)
		switch errno {
		case 0:
			return nil
		case syscall.EINTR:
			continue
		}
		return &os.PathError{Op: "utimensat", Path: path.Join(dir.Name(), name), Err: errno}
	}
}
