package userns

import (
	"os"
	"path/filepath"
	"strconv"
	"syscall"

	"github.com/rootless-sandbox/sandbox/userns/internal/sys"
)

// A process inside whose id is the caller's could reach the caller's own binary
// through /proc/1/exe and overwrite it (CVE-2019-5736). Set-up therefore makes
// the mount that the binary was executed from read-only in the new namespace,
// then detaches it, so that nobody can make it writable again. This works only
// when the binary is executed by its path, which is looked up in the new
// namespace; where its path is not known any more (replaced during an upgrade),
// a sealed copy in memory is executed instead.

const selfExe = "/proc/self/exe"

// ownImage is how the own binary is executed.
type ownImage struct {
	path string
	seal string // the path whose mount is to be sealed; empty for a sealed copy
	fd   int
}

func (i ownImage) close() {
	if i.fd >= 0 {
		sys.Close(i.fd)
	}
}

func ownBinary() (ownImage, error) {
	if path, err := os.Executable(); err == nil && sameFile(path, selfExe) {
		return ownImage{path: path, seal: path, fd: -1}, nil
	}
	return sealedCopy(selfExe)
}

func sameFile(a, b string) bool {
	x, err := os.Stat(a)
	if err != nil {
		return false
	}
	y, err := os.Stat(b)
	return err == nil && os.SameFile(x, y)
}

// sealedCopy costs the time and the memory of the whole binary.
func sealedCopy(path string) (ownImage, error) {
	f, err := os.Open(path)
	if err != nil {
		return ownImage{}, err
	}
	defer func() { _ = f.Close() }()
	st, err := f.Stat()
	if err != nil {
		return ownImage{}, err
	}
	fd, err := sys.Sealed("sandbox", int(f.Fd()), st.Size())
	if err != nil {
		return ownImage{}, err
	}
	return ownImage{path: "/proc/self/fd/" + strconv.Itoa(fd), fd: fd}, nil
}

// ExecCopy goes on as the program content, which is nowhere on a disk; it returns
// only when that fails.
func ExecCopy(content []byte, args, environ []string) error {
	f, err := sys.InMemory("sandbox", content)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	return os.NewSyscallError("execve", syscall.Exec("/proc/self/fd/"+strconv.Itoa(int(f.Fd())), args, environ))
}

// sealMount opens the root of the mount that holds path.
func sealMount(path string) (int, error) {
	id, err := sys.MountID(path)
	if err != nil {
		return -1, err
	}
	at := path
	for at != "/" {
		up, err := sys.MountID(filepath.Dir(at))
		if err != nil {
			return -1, err
		}
		if up != id {
			break
		}
		at = filepath.Dir(at)
	}
	return sys.OpenPath(at)
}

// seal makes the mount read-only and makes sure of it.
func seal(mount int, path string) error {
	if err := sys.SetAttr(mount, path, sys.ReadOnly, false); err != nil {
		return &Error{Op: "protect own binary", Path: path, Err: err}
	}
	return nil
}
