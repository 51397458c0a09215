package sandbox_test

import (
	"os"
	"runtime"
	"syscall"
	"unsafe"
)

// numbersOf are system calls that have different numbers here and there and
// that the package syscall does not name everywhere.
type numbersOf struct {
	bpf, perfEventOpen, userfaultfd, kexecLoad, addKey, requestKey, keyctl, setns, mountByDir, umount uintptr
}

func numbers() numbersOf {
	if runtime.GOARCH == "arm64" {
		return numbersOf{280, 241, 282, 104, 217, 218, 219, 268, 40, 39}
	}
	return numbersOf{321, 298, 323, 246, 248, 249, 250, 308, 165, 166}
}

// The same everywhere (asm-generic/unistd.h): all that came after Linux 5.0.
const (
	sysIOURingSetup = 425
	sysOpenTree     = 428
	sysMoveMount    = 429
	sysFSOpen       = 430
	sysClone3       = 435
	sysMountSetattr = 442
)

// probeCalls makes calls that a sandbox has no use for.
func probeCalls([]string) map[string]string {
	n := numbers()
	var room [256]byte
	p := unsafe.Pointer(&room)
	const afALG = 38
	return map[string]string{
		"bpf":             try(call(n.bpf, 0, p, len(room))),
		"perf_event_open": try(call(n.perfEventOpen, p, 0, -1, -1, 0)),
		"userfaultfd":     try(call(n.userfaultfd, 0)),
		"io_uring_setup":  try(call(sysIOURingSetup, 8, p)),
		"kexec_load":      try(call(n.kexecLoad, 0, 0, p, 0)),
		"AF_ALG":          try(call(syscall.SYS_SOCKET, afALG, syscall.SOCK_SEQPACKET, 0)),
		"AF_ALG high":     try(call(syscall.SYS_SOCKET, 1<<32|afALG, syscall.SOCK_SEQPACKET, 0)),
	}
}

// probeKeys asks for keys.
func probeKeys([]string) map[string]string {
	n := numbers()
	keys, _ := os.ReadFile("/proc/keys")
	got := map[string]string{
		"keyctl":      try(call(n.keyctl, 0, -3, 0)), // KEYCTL_GET_KEYRING_ID of the session keyring
		"add_key":     try(call(n.addKey, "user", "test", "secret", 6, -3)),
		"request_key": try(call(n.requestKey, "user", "test", 0, 0)),
	}
	if len(keys) > 0 {
		got["/proc/keys"] = "ok"
	}
	return got
}

// probeMounts tries to change what is mounted.
func probeMounts(args []string) map[string]string {
	n := numbers()
	var attr [32]byte
	const remountBind = syscall.MS_REMOUNT | syscall.MS_BIND
	got := map[string]string{
		"mount proc":      try(call(n.mountByDir, "proc", args[0], "proc", 0, 0)),
		"mount tmpfs":     try(call(n.mountByDir, "none", args[0], "tmpfs", 0, 0)),
		"bind /":          try(call(n.mountByDir, "/", args[0], "", syscall.MS_BIND, 0)),
		"remount /":       try(call(n.mountByDir, "", "/", "", remountBind, 0)),
		"open_tree":       try(call(sysOpenTree, atCWD, "/", 1)),
		"fsopen":          try(call(sysFSOpen, "tmpfs", 0)),
		"mount_setattr":   try(call(sysMountSetattr, atCWD, "/proc/sys", 0, unsafe.Pointer(&attr), len(attr))),
		"sysctl":          try(openClose("/proc/sys/kernel/core_pattern", os.O_WRONLY)),
		"sysrq":           try(openClose("/proc/sysrq-trigger", os.O_WRONLY)),
		"mknod":           try(syscall.Mknod(args[0]+"/mem", syscall.S_IFCHR|0o666, 1<<8|1)),
		"read mem device": try(openClose(args[0]+"/mem", os.O_RDONLY)),
	}
	for _, path := range []string{"/usr", "/proc/sys", "/sys"} {
		got["remount "+path] = try(call(n.mountByDir, "", path, "", remountBind, 0))
	}
	for _, path := range []string{"/proc/keys", "/proc/kcore", "/sys/firmware", "/dev", "/proc", "/usr"} {
		got["umount "+path] = try(call(n.umount, path, syscall.MNT_DETACH))
	}
	return got
}

// probeNamespaces tries to have namespaces of its own.
func probeNamespaces([]string) map[string]string {
	runtime.LockOSThread()
	n := numbers()
	var args [88]byte
	args[3] = 0x10 // CLONE_NEWUSER, of struct clone_args.flags
	got := map[string]string{
		"clone3":              try(call(sysClone3, unsafe.Pointer(&args), len(args))),
		"clone with new user": try(cloneNewUser()),
	}
	for what, flag := range map[string]int{
		"user": syscall.CLONE_NEWUSER, "mount": syscall.CLONE_NEWNS, "net": syscall.CLONE_NEWNET, "pid": syscall.CLONE_NEWPID,
	} {
		got["unshare "+what] = try(syscall.Unshare(flag))
	}
	if f, err := os.Open("/proc/self/ns/user"); err == nil {
		got["setns"] = try(call(n.setns, int(f.Fd()), 0))
		_ = f.Close()
	}
	return got
}

func cloneNewUser() error {
	p, err := os.StartProcess("/bin/true", []string{"true"}, &os.ProcAttr{
		Sys: &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWUSER},
	})
	if err != nil {
		return err
	}
	_, err = p.Wait()
	return err
}
