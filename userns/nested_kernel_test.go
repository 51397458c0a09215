package userns_test

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"github.com/rootless-sandbox/sandbox/userns"
)

// deny has all threads of this process, and what they start, get EPERM for a system call, as the filter of a container may.
func deny(call int) error {
	if call == 0 {
		return nil
	}
	type filter struct {
		code  uint16
		_, jf uint8 // jt
		k     uint32
	}
	const load, equal, answer = 0x20, 0x15, 0x06 // BPF_LD|BPF_W|BPF_ABS, BPF_JMP|BPF_JEQ|BPF_K, BPF_RET|BPF_K
	program := []filter{
		{code: load}, {code: equal, jf: 1, k: uint32(call)},
		{code: answer, k: 0x00050000 | uint32(syscall.EPERM)}, {code: answer, k: 0x7fff0000},
	}
	prog := struct {
		n    uint16
		list *filter
	}{uint16(len(program)), &program[0]}
	const setFilter, sync = 1, 1 // SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC
	seccomp := map[string]uintptr{"amd64": 317, "arm64": 277}[runtime.GOARCH]
	if _, _, errno := syscall.Syscall(seccomp, setFilter, sync, uintptr(unsafe.Pointer(&prog))); errno != 0 {
		return errno
	}
	return nil
}

// nested is what an inner launch saw, started in a container where something is mounted at cover.
func nested(t *testing.T, inner userns.Launch, cover string, refuse int) seen {
	t.Helper()
	s, _ := run(t, userns.Launch{IDs: inner.IDs, Payload: payload(t, task{Do: "nest", Cover: cover, Deny: refuse, Inner: &inner})})
	return s
}

// In a container single files of /etc are mounts, which nobody inside may uncover: there is no overlay over it.
func TestOverlayIsACopyWhereSomethingIsMounted(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"etc/sub/file": "text", "etc/covered/under": "no", "etc/secret": "no"} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("sub/file", filepath.Join(dir, "etc/link")); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(dir, "etc/secret"), 0); err != nil {
		t.Fatal(err)
	}
	for name, upper := range map[string]string{"in memory": "", "kept": filepath.Join(dir, "upper")} {
		t.Run(name, func(t *testing.T) {
			op := userns.Op{Kind: userns.OpOverlay, Lower: filepath.Join(dir, "etc"), Target: "/etc", Copy: true}
			if upper != "" {
				op.Upper, op.Work = upper, filepath.Join(dir, "work")
				defer removeInside(t, upper, upper+"-whole", op.Work)
			}
			look := task{Do: "look", Files: []string{"/etc/sub/file", "/etc/link", "/etc/secret", "/etc/covered/under"}}
			s := nested(t, launch(t, look, op), filepath.Join(dir, "etc/covered"), 0)
			if !slices.ContainsFunc(s.Degraded, func(d userns.Degradation) bool {
				return d.What == "/etc" && strings.HasPrefix(d.Why, "a copy: mount overlay on ")
			}) {
				t.Errorf("degraded: %v", s.Degraded)
			}
			if f := s.Files["/etc/sub/file"]; f.Err != "" || f.Mode.Perm() != 0o644 || f.RO {
				t.Errorf("the file: %+v", f)
			}
			if f := s.Files["/etc/link"]; f.Text != "sub/file" {
				t.Errorf("the link: %+v", f)
			}
			if s.Files["/etc/covered/under"].Err == "" {
				t.Error("what was covered is there")
			}
		})
	}
}

// A container's filter may refuse the one call that nothing depends on.
func TestRefusedHostname(t *testing.T) {
	s := nested(t, launch(t, task{Do: "look"}), t.TempDir(), syscall.SYS_SETHOSTNAME)
	if len(s.Degraded) != 1 || s.Degraded[0].What != "hostname" {
		t.Errorf("degraded: %v", s.Degraded)
	}
}
