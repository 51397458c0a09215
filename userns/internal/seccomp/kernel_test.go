package seccomp

import (
	"syscall"
	"testing"
)

// expect compares the answers to the probes that it names.
func expect(t *testing.T, got, want map[string]string) {
	t.Helper()
	for name, w := range want {
		if got[name] != w {
			t.Errorf("%s: got %q, want %q", name, got[name], w)
		}
	}
}

// refused lists what Default refuses to a workload with Docker's capabilities.
func refused() []string {
	return []string{
		"keyctl", "add_key", "bpf", "perf_event_open", "userfaultfd", "io_uring_setup", "kexec_load",
		"mount", "unshare newuser", "clone newuser", "socket alg", "socket alg high bits",
		"ioctl TIOCSTI", "ioctl TIOCSTI high bits", "ioctl TIOCLINUX", "personality no randomize",
	}
}

// ordinary lists what must work as without a filter, with its answer.
func ordinary() map[string]string {
	return map[string]string{
		"ptrace":            text(syscall.ESRCH), // of no process
		"ioctl TCGETS":      text(syscall.EBADF),
		"chroot":            text(syscall.EFAULT),
		"personality query": "ok",
		"getpid":            "ok",
		"socket unix":       "ok",
		"socket inet":       "ok",
		"exec":              "ok",
	}
}

func TestWithoutAFilter(t *testing.T) {
	got := answers(t, "none")
	expect(t, got, ordinary())
	expect(t, got, map[string]string{
		"keyctl":                   text(syscall.EOPNOTSUPP),
		"add_key":                  text(syscall.EFAULT),
		"unshare newuser":          text(syscall.EINVAL),
		"clone newuser":            text(syscall.EINVAL),
		"clone3":                   text(syscall.EINVAL),
		"ioctl TIOCSTI":            text(syscall.EBADF),
		"ioctl TIOCSTI high bits":  text(syscall.EBADF),
		"ioctl TIOCLINUX":          text(syscall.EBADF),
		"personality no randomize": "ok",
		"chown":                    text(syscall.EPERM) + ", ---------- ours",
		"mknod char":               text(syscall.EPERM) + ", nothing there",
		"mknod fifo":               "ok, p--------- ours",
		"getuid":                   "somebody",
	})
}

func TestDefault(t *testing.T) {
	got := answers(t, "default")
	expect(t, got, ordinary())
	for _, name := range refused() {
		expect(t, got, map[string]string{name: text(syscall.EPERM)})
	}
	expect(t, got, map[string]string{
		"clone3":          text(syscall.ENOSYS),
		"open_tree_attr":  text(syscall.ENOSYS),
		"from the future": text(syscall.ENOSYS),
		"x32 getpid":      text(syscall.ENOSYS),
		"mknod fifo":      "ok, p--------- ours",
	})
}

func TestDefaultForAnAdministrator(t *testing.T) {
	got := answers(t, "admin")
	expect(t, got, ordinary())
	expect(t, got, map[string]string{
		"mount":           text(syscall.EFAULT),
		"unshare newuser": text(syscall.EINVAL),
		"clone newuser":   text(syscall.EINVAL),
		"clone3":          text(syscall.EINVAL),
		"keyctl":          text(syscall.EPERM),
		"ioctl TIOCSTI":   text(syscall.EPERM),
		"socket alg":      text(syscall.EPERM),
	})
}

func TestRootEmulation(t *testing.T) {
	got := answers(t, "emulation")
	expect(t, got, ordinary())
	expect(t, got, emulatedAnswers())
	expect(t, got, map[string]string{
		"getuid": "somebody", "geteuid": "somebody", "getgid": "somebody", "getegid": "somebody",
		"keyctl": text(syscall.EOPNOTSUPP),
	})
}

func TestFakeRoot(t *testing.T) {
	got := answers(t, "fake")
	expect(t, got, ordinary())
	expect(t, got, emulatedAnswers())
	expect(t, got, map[string]string{"getuid": "root", "geteuid": "root", "getgid": "root", "getegid": "root"})
}

func emulatedAnswers() map[string]string {
	return map[string]string{
		"chown":       "ok, ---------- ours",
		"mknod char":  "ok, nothing there",
		"mknod block": "ok, nothing there",
		"mknod fifo":  "ok, p--------- ours",
		"setuid":      "ok, really somebody",
	}
}
