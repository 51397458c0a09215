package sandbox_test

import (
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unsafe"
)

func epoch() time.Time { return time.Unix(0, 0) }

// call makes a system call with string and number arguments.
func call(number uintptr, args ...any) error {
	var a [6]uintptr
	var held []*byte
	for i, arg := range args {
		switch v := arg.(type) {
		case string:
			p, err := syscall.BytePtrFromString(v)
			if err != nil {
				return err
			}
			held = append(held, p)
			a[i] = uintptr(unsafe.Pointer(p))
		case int:
			a[i] = uintptr(v)
		case unsafe.Pointer:
			a[i] = uintptr(v)
		}
	}
	_, _, e := syscall.Syscall6(number, a[0], a[1], a[2], a[3], a[4], a[5])
	runtime.KeepAlive(held)
	if e != 0 {
		return e
	}
	return nil
}

const (
	atCWD    = -100
	atFollow = 0x400 // AT_SYMLINK_FOLLOW
)

func linkFollow(path, to string) error {
	return call(syscall.SYS_LINKAT, atCWD, path, atCWD, to, atFollow)
}

// probeIDs tells who it is, and its limits.
func probeIDs([]string) map[string]string {
	got := map[string]string{
		"uid": strconv.Itoa(os.Getuid()), "euid": strconv.Itoa(os.Geteuid()),
		"gid": strconv.Itoa(os.Getgid()), "egid": strconv.Itoa(os.Getegid()),
	}
	var l syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_CORE, &l); err == nil {
		got["core"] = strconv.FormatUint(l.Max, 10)
	}
	if b, err := os.ReadFile("/proc/self/status"); err == nil {
		for line := range strings.Lines(string(b)) {
			if key, v, ok := strings.Cut(strings.TrimSpace(line), ":\t"); ok && strings.HasPrefix(key, "Cap") {
				got[key] = v
			}
		}
	}
	return got
}

// probeTerminal pushes input to its terminal.
func probeTerminal([]string) map[string]string {
	const tiocsti, tioclinux = 0x5412, 0x541c
	paste := [1]byte{2}
	x := [1]byte{'x'}
	return map[string]string{
		"TIOCSTI":          try(call(syscall.SYS_IOCTL, 0, tiocsti, unsafe.Pointer(&x))),
		"TIOCSTI high":     try(call(syscall.SYS_IOCTL, 0, 1<<32|tiocsti, unsafe.Pointer(&x))),
		"TIOCLINUX":        try(call(syscall.SYS_IOCTL, 0, tioclinux, unsafe.Pointer(&paste))),
		"/dev/console":     try(openClose("/dev/console", os.O_RDWR)),
		"/dev/tty0":        try(openClose("/dev/tty0", os.O_RDWR)),
		"/dev/mem":         try(openClose("/dev/mem", os.O_RDONLY)),
		"/dev/kmsg, write": try(openClose("/dev/kmsg", os.O_WRONLY)),
	}
}

// probeSignal tries to reach processes by their numbers.
func probeSignal(args []string) map[string]string {
	got := map[string]string{}
	for _, a := range args {
		pid, _ := strconv.Atoi(a)
		got["kill "+a] = try(syscall.Kill(pid, 0))
		got["ptrace "+a] = try(syscall.PtraceAttach(pid))
		got["memory "+a] = try(openClose("/proc/"+a+"/mem", os.O_RDWR))
		got["pidfd "+a] = try(call(434, pid, 0)) // pidfd_open
	}
	return got
}

// probeChown gives a new file away.
func probeChown(args []string) map[string]string {
	path := args[0]
	err := appendTo(path, "x")
	if err == nil {
		err = os.Chown(path, 1, 1)
	}
	return map[string]string{"uid": strconv.Itoa(os.Getuid()), "chown": try(err)}
}

// probeForks starts processes until that is refused.
func probeForks(args []string) map[string]string {
	most, _ := strconv.Atoi(args[0])
	n := 0
	for ; n < most; n++ {
		if _, err := syscall.ForkExec("/bin/sleep", []string{"sleep", "60"}, nil); err != nil {
			break
		}
	}
	return map[string]string{"started": strconv.Itoa(n)}
}

// probeZombies counts them.
func probeZombies([]string) map[string]string {
	n := 0
	all, _ := filepath.Glob("/proc/[0-9]*")
	for _, p := range all {
		if pid, err := strconv.Atoi(filepath.Base(p)); err == nil && stateOf(pid) == "Z" {
			n++
		}
	}
	return map[string]string{"zombies": strconv.Itoa(n), "processes": strconv.Itoa(len(all))}
}

// probeChroot leaves a root that is no mount's, which is where it can; it
// opens the files that only the host has.
func probeChroot(args []string) map[string]string {
	got := map[string]string{}
	jail := filepath.Join(args[0], "jail")
	if err := os.MkdirAll(jail, 0o755); err != nil {
		return map[string]string{"mkdir": "ok: " + err.Error()}
	}
	if err := syscall.Chroot(jail); err != nil {
		got["chroot"] = err.Error()
	} else {
		for range 100 {
			_ = os.Chdir("..") // the working directory is above the new root
		}
		_ = syscall.Chroot(".")
	}
	for _, path := range args[1:] {
		_, err := os.Stat(path)
		got[path] = try(err)
	}
	return got
}
