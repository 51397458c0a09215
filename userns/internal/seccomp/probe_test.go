package seccomp

import (
	"fmt"
	"os"
	"strings"
	"syscall"
	"unsafe"
)

// probe tries one thing and says in words how it went: "ok" or the error.
type probe struct {
	name string
	try  func() string
}

// probes are made so that the kernel itself refuses with another error than the filter where it can.
func probes() []probe {
	const newUser, fs, high = 0x10000000, 0x200, 1 << 32
	bad := ^uintptr(0)
	return append([]probe{
		number("keyctl", syscall.SYS_KEYCTL, 9999),
		number("add_key", syscall.SYS_ADD_KEY),
		number("bpf", sysBPF, 9999),
		number("perf_event_open", syscall.SYS_PERF_EVENT_OPEN),
		number("userfaultfd", sysUserfaultfd, bad),
		number("io_uring_setup", sysIOUringSetup),
		number("kexec_load", syscall.SYS_KEXEC_LOAD, 0, 99, 0, bad),
		number("mount", syscall.SYS_MOUNT),
		number("unshare newuser", syscall.SYS_UNSHARE, newUser),
		number("clone newuser", syscall.SYS_CLONE, newUser|fs), // the two together are EINVAL
		number("clone3", sysClone3),
		number("ptrace", syscall.SYS_PTRACE, 9999),
		number("ioctl TIOCSTI", syscall.SYS_IOCTL, bad, 0x5412),
		number("ioctl TIOCSTI high bits", syscall.SYS_IOCTL, bad, 0x5412|high),
		number("ioctl TIOCLINUX", syscall.SYS_IOCTL, bad, 0x541c|high<<20),
		number("ioctl TCGETS", syscall.SYS_IOCTL, bad, 0x5401),
		number("personality query", syscall.SYS_PERSONALITY, 0xffffffff),
		number("personality no randomize", syscall.SYS_PERSONALITY, 0x0040000),
		number("chroot", syscall.SYS_CHROOT),
		number("getpid", syscall.SYS_GETPID),
		number("open_tree_attr", 467),
		number("from the future", 1000),
		number("x32 getpid", 0x40000000|39),
		{"socket unix", func() string { return socket(syscall.AF_UNIX) }},
		{"socket inet", func() string { return socket(syscall.AF_INET) }},
		{"socket alg", func() string { return socket(38) }},
		{"socket alg high bits", func() string { return socket(38 | high) }},
		{"exec", func() string { return outcome(run("/bin/true")) }},
	}, rootProbes()...)
}

// rootProbes try what only root may, in the working directory, and look at what came of it.
func rootProbes() []probe {
	return []probe{
		{"chown", func() string {
			if err := os.WriteFile("file", nil, 0o600); err != nil {
				return err.Error()
			}
			return made("file", syscall.Chown("file", 0, 0))
		}},
		{"mknod char", func() string { return made("char", mknod("char", syscall.S_IFCHR|0o600, 0x103)) }},
		{"mknod block", func() string { return made("block", mknod("block", syscall.S_IFBLK|0o600, 0x700)) }},
		{"mknod fifo", func() string { return made("fifo", mknod("fifo", syscall.S_IFIFO|0o600, 0)) }},
		{"setuid", func() string {
			_, _, e := syscall.RawSyscall(syscall.SYS_SETUID, 0, 0, 0)
			return text(e) + ", " + realIDs()
		}},
		{"getuid", func() string { return ask(syscall.SYS_GETUID) }},
		{"geteuid", func() string { return ask(syscall.SYS_GETEUID) }},
		{"getgid", func() string { return ask(syscall.SYS_GETGID) }},
		{"getegid", func() string { return ask(syscall.SYS_GETEGID) }},
	}
}

func number(name string, n uintptr, args ...uintptr) probe {
	var a [6]uintptr
	copy(a[:], args)
	return probe{name, func() string {
		_, _, e := syscall.RawSyscall6(n, a[0], a[1], a[2], a[3], a[4], a[5])
		return text(e)
	}}
}

func socket(family uintptr) string {
	fd, _, e := syscall.RawSyscall(syscall.SYS_SOCKET, family, syscall.SOCK_DGRAM, 0)
	if e == 0 {
		return outcome(syscall.Close(int(fd)))
	}
	return text(e)
}

func mknod(name string, mode uint32, dev uintptr) error {
	const cwd = -100
	p, err := syscall.BytePtrFromString(name)
	if err != nil {
		return err
	}
	dir := cwd
	if _, _, e := syscall.RawSyscall6(syscall.SYS_MKNODAT, uintptr(dir), uintptr(unsafe.Pointer(p)), uintptr(mode), dev, 0, 0); e != 0 {
		return e
	}
	return nil
}

// made says how a call went and what is at the path now.
func made(path string, err error) string {
	info, statErr := os.Lstat(path)
	if statErr != nil {
		return outcome(err) + ", nothing there"
	}
	owner := "ours"
	if info.Sys().(*syscall.Stat_t).Uid == 0 {
		owner = "root's"
	}
	return fmt.Sprintf("%s, %s %s", outcome(err), info.Mode().Type(), owner)
}

// ask says what a call answers, as the caller's id may be any.
func ask(n uintptr) string {
	id, _, _ := syscall.RawSyscall(n, 0, 0, 0)
	if id == 0 {
		return "root"
	}
	return "somebody"
}

// realIDs says who this process is for the kernel, which no filter can change.
func realIDs() string {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return err.Error()
	}
	if strings.Contains(string(status), "\nUid:\t0\t") {
		return "really root"
	}
	return "really somebody"
}

func run(path string) error {
	p, err := os.StartProcess(path, []string{path}, &os.ProcAttr{})
	if err != nil {
		return err
	}
	_, err = p.Wait()
	return err
}

func text(e syscall.Errno) string {
	if e == 0 {
		return "ok"
	}
	return e.Error()
}

func outcome(err error) string {
	if err == nil {
		return "ok"
	}
	return err.Error()
}
