package ondisk

import (
	"errors"
	"strings"
	"syscall"
	"time"
	"unsafe"
)

// The standard library has none of these calls for descriptors, nor the one
// that sets the times of a symbolic link.

// maxAttribute is XATTR_SIZE_MAX and XATTR_LIST_MAX of linux/limits.h.
const maxAttribute = 64 << 10

// SetAttribute is fsetxattr(2).
func SetAttribute(fd int, name, value string) error {
	p, err := syscall.BytePtrFromString(name)
	if err != nil {
		return err
	}
	v := append([]byte(value), 0) // never empty: it has an address
	return retry(func() syscall.Errno {
		_, _, e := syscall.Syscall6(syscall.SYS_FSETXATTR, uintptr(fd), uintptr(unsafe.Pointer(p)), uintptr(unsafe.Pointer(&v[0])), uintptr(len(value)), 0, 0)
		return e
	})
}

// Attribute is fgetxattr(2); false when there is no such attribute.
func Attribute(fd int, name string) (value string, ok bool, err error) {
	p, err := syscall.BytePtrFromString(name)
	if err != nil {
		return "", false, err
	}
	// Nearly all are short.
	for size := 256; ; size = maxAttribute {
		buf, n := make([]byte, size), uintptr(0)
		err := retry(func() (e syscall.Errno) {
			n, _, e = syscall.Syscall6(syscall.SYS_FGETXATTR, uintptr(fd), uintptr(unsafe.Pointer(p)), uintptr(unsafe.Pointer(&buf[0])), uintptr(size), 0, 0)
			return e
		})
		switch {
		case err == nil:
			return string(buf[:n]), true, nil
		case errors.Is(err, syscall.ENODATA), unsupported(err):
			return "", false, nil
		case !errors.Is(err, syscall.ERANGE) || size == maxAttribute:
			return "", false, err
		}
	}
}

// Attributes is flistxattr(2). buf is for it to work in, and may be shorter
// than the list.
func Attributes(fd int, buf []byte) ([]string, error) {
	for {
		n := uintptr(0)
		err := retry(func() (e syscall.Errno) {
			n, _, e = syscall.Syscall(syscall.SYS_FLISTXATTR, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(buf))), uintptr(len(buf)))
			return e
		})
		switch {
		case err == nil && (len(buf) > 0 || n == 0):
			return splitNames(buf[:min(int(n), len(buf))]), nil
		case unsupported(err):
			return nil, nil
		case err == nil, errors.Is(err, syscall.ERANGE) && len(buf) < maxAttribute:
			buf = make([]byte, maxAttribute)
		default:
			return nil, err
		}
	}
}

func splitNames(list []byte) []string {
	if len(list) == 0 {
		return nil
	}
	return strings.Split(strings.TrimSuffix(string(list), "\x00"), "\x00")
}

// RemoveAttribute is fremovexattr(2); it is no error when there is none.
func RemoveAttribute(fd int, name string) error {
	p, err := syscall.BytePtrFromString(name)
	if err != nil {
		return err
	}
	err = retry(func() syscall.Errno {
		_, _, e := syscall.Syscall(syscall.SYS_FREMOVEXATTR, uintptr(fd), uintptr(unsafe.Pointer(p)), 0)
		return e
	})
	if errors.Is(err, syscall.ENODATA) || unsupported(err) {
		return nil
	}
	return err
}

// SetTime is futimens(3).
func SetTime(fd int, t time.Time) error { return setTime(fd, nil, t) }

// SetTimeAt is utimensat(2) of a name itself, a symbolic link or not.
func SetTimeAt(dir int, name string, t time.Time) error {
	p, err := syscall.BytePtrFromString(name)
	if err != nil {
		return err
	}
	return setTime(dir, p, t)
}

// atSymlinkNofollow is AT_SYMLINK_NOFOLLOW of fcntl.h.
const atSymlinkNofollow = 0x100

func setTime(fd int, name *byte, t time.Time) error {
	ts := syscall.NsecToTimespec(t.UnixNano())
	times := [2]syscall.Timespec{ts, ts}
	flags := uintptr(0)
	if name != nil {
		flags = atSymlinkNofollow
	}
	return retry(func() syscall.Errno {
		_, _, e := syscall.Syscall6(syscall.SYS_UTIMENSAT, uintptr(fd), uintptr(unsafe.Pointer(name)), uintptr(unsafe.Pointer(&times)), flags, 0, 0)
		return e
	})
}

func retry(call func() syscall.Errno) error {
	for {
		switch e := call(); e {
		case 0:
			return nil
		case syscall.EINTR:
		default:
			return e
		}
	}
}

func unsupported(err error) bool { return errors.Is(err, syscall.EOPNOTSUPP) }
