package sys

import (
	"errors"
	"os"
	"runtime"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Clone flags of the namespaces.
const (
	NewUser   = unix.CLONE_NEWUSER
	NewNS     = unix.CLONE_NEWNS
	NewPID    = unix.CLONE_NEWPID
	NewUTS    = unix.CLONE_NEWUTS
	NewIPC    = unix.CLONE_NEWIPC
	NewNet    = unix.CLONE_NEWNET
	NewCgroup = unix.CLONE_NEWCGROUP
)

// DieWithParent asks for SIGKILL when the thread that made this process ends. An exec or a
// change of user that gains capabilities clears it (prctl(2)), so it is called after the last of these.
func DieWithParent() error {
	return retry("prctl PR_SET_PDEATHSIG", "", func() error {
		return unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(unix.SIGKILL), 0, 0, 0)
	})
}

// Outlive undoes DieWithParent for this thread.
func Outlive() error {
	return retry("prctl PR_SET_PDEATHSIG", "", func() error { return unix.Prctl(unix.PR_SET_PDEATHSIG, 0, 0, 0, 0) })
}

// NotDumpable keeps processes of the same user from reading or tracing this one.
func NotDumpable() error {
	return retry("prctl PR_SET_DUMPABLE", "", func() error { return unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0) })
}

// HungUp reports whether the reader of the pipe fd is gone.
func HungUp(fd int) bool {
	p := []unix.PollFd{{Fd: int32(fd)}}
	_, err := unix.Poll(p, 0)
	return err == nil && p[0].Revents&unix.POLLERR != 0
}

// HasChildren reports whether there is a child, also one that has ended and was not waited for.
func HasChildren() bool {
	err := retry("waitid", "", func() error {
		return unix.Waitid(unix.P_ALL, 0, nil, unix.WEXITED|unix.WNOHANG|unix.WNOWAIT, nil)
	})
	return !errors.Is(err, unix.ECHILD)
}

// BecomeUser changes the ids of every thread.
func BecomeUser(uid, gid int) error {
	if err := syscall.Setresgid(gid, gid, gid); err != nil {
		return &syscallError{"setresgid", err}
	}
	if err := syscall.Setresuid(uid, uid, uid); err != nil {
		return &syscallError{"setresuid", err}
	}
	return nil
}

// WithFileIDs runs f with another owner for what it does in file systems, and
// with that owner's rights there alone (capabilities(7), on file system ids).
// The groups stay. f stays in the calling thread.
func WithFileIDs(uid, gid int, f func() error) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	wasGID, _ := unix.SetfsgidRetGid(gid)
	wasUID, _ := unix.SetfsuidRetUid(uid)
	defer func() { // cannot fail: they were ours
		_, _ = unix.SetfsuidRetUid(wasUID)
		_, _ = unix.SetfsgidRetGid(wasGID)
	}()
	return f()
}

type syscallError struct {
	call string
	err  error
}

func (e *syscallError) Error() string { return e.call + ": " + e.err.Error() }
func (e *syscallError) Unwrap() error { return e.err }

// Sethostname names the UTS namespace.
func Sethostname(name string) error {
	return retry("sethostname", name, func() error { return unix.Sethostname([]byte(name)) })
}

// NewSessionKeyring leaves the caller's keyrings behind, for this thread and what it starts.
func NewSessionKeyring() error {
	return retry("keyctl", "session keyring", func() error {
		_, err := unix.KeyctlJoinSessionKeyring("sandbox")
		return err
	})
}

// WaitGone waits until the process pid, any process, has ended, for at most ms milliseconds.
func WaitGone(pid, ms int) (bool, error) {
	fd, err := retryFD("pidfd_open", "", func() (int, error) { return unix.PidfdOpen(pid, 0) })
	if err != nil {
		return os.IsNotExist(err) || errors.Is(err, unix.ESRCH), nil
	}
	defer Close(fd)
	p := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
	var n int
	err = retry("poll", "", func() (e error) {
		n, e = unix.Poll(p, ms)
		return e
	})
	return n > 0, err
}

// Readable reports whether a read of fd, or an accept, would not wait.
func Readable(fd int) (bool, error) {
	p := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
	var n int
	err := retry("poll", "", func() (e error) {
		n, e = unix.Poll(p, 0)
		return e
	})
	return n > 0, err
}

// LoopbackUp starts lo in this network namespace.
func LoopbackUp() error {
	fd, err := retryFD("socket", "lo", func() (int, error) {
		return unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	})
	if err != nil {
		return err
	}
	defer Close(fd)
	ifr, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	ifr.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
	return retry("ioctl SIOCSIFFLAGS", "lo", func() error { return unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, ifr) })
}

// Resources of Setrlimit.
const (
	LimitCore   = unix.RLIMIT_CORE
	LimitNProc  = unix.RLIMIT_NPROC
	LimitNoFile = unix.RLIMIT_NOFILE
)

// Setrlimit sets a resource limit of this process; soft 0 and hard 0 mean just that.
func Setrlimit(resource int, soft, hard uint64) error {
	// The package syscall must know of NOFILE, or it gives its children the one from before.
	return retry("setrlimit", "", func() error {
		return syscall.Setrlimit(resource, &syscall.Rlimit{Cur: soft, Max: hard})
	})
}

// Getrlimit answers the limits of this process.
func Getrlimit(resource int) (soft, hard uint64, err error) {
	var l syscall.Rlimit
	err = retry("getrlimit", "", func() error { return syscall.Getrlimit(resource, &l) })
	return l.Cur, l.Max, err
}

func memoryFile(name string) (int, error) {
	return retryFD("memfd_create", name, func() (int, error) {
		return unix.MemfdCreate(name, unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	})
}

// InMemory makes a memory file of content.
func InMemory(name string, content []byte) (*os.File, error) {
	fd, err := memoryFile(name)
	if err != nil {
		return nil, err
	}
	f := os.NewFile(uintptr(fd), name)
	if _, err := f.Write(content); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// Sealed copies src into a memory file that can never be written again.
func Sealed(name string, src int, size int64) (int, error) {
	fd, err := memoryFile(name)
	if err != nil {
		return -1, err
	}
	var off int64
	for off < size {
		n, err := unix.Sendfile(fd, src, &off, int(size-off))
		if err == unix.EINTR || (err == nil && n > 0) {
			continue
		}
		Close(fd)
		return -1, &syscallError{"sendfile", unix.EIO}
	}
	seals := unix.F_SEAL_SEAL | unix.F_SEAL_SHRINK | unix.F_SEAL_GROW | unix.F_SEAL_WRITE
	if _, err := unix.FcntlInt(uintptr(fd), unix.F_ADD_SEALS, seals); err != nil {
		Close(fd)
		return -1, &syscallError{"fcntl F_ADD_SEALS", err}
	}
	return fd, nil
}

// InstallFilter adds a seccomp program to this thread; it is inherited by what the thread starts.
// The thread holds CAP_SYS_ADMIN in its user namespace, so no_new_privs is not needed.
func InstallFilter[T any](program []T) error {
	prog := unix.SockFprog{Len: uint16(len(program)), Filter: (*unix.SockFilter)(unsafe.Pointer(&program[0]))}
	return retry("seccomp", "", func() error {
		_, _, e := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, 0, uintptr(unsafe.Pointer(&prog)))
		if e != 0 {
			return e
		}
		return nil
	})
}

// DropPages gives up the pages of a mapping (MADV_DONTNEED). Of a private file mapping nothing was written to
// they are read again when they are needed.
func DropPages(start, size uintptr) error {
	return retry("madvise", "", func() error {
		if _, _, e := unix.Syscall(unix.SYS_MADVISE, start, size, unix.MADV_DONTNEED); e != 0 {
			return e
		}
		return nil
	})
}
