package seccomp

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
)

// TestDefaultFor32BitPrograms runs programs of the 32-bit x86 interface. A kernel without that interface
// refuses to start them, and then nothing needs to be kept from it.
func TestDefaultFor32BitPrograms(t *testing.T) {
	const newUser = 0x10000000
	if !runs32Bit(t) {
		return
	}
	for _, c := range []struct {
		name         string
		number       uint32
		args         [2]uint32
		bare, filter syscall.Errno
	}{
		{"getpid", 20, [2]uint32{}, 0, 0},
		{"socket unix", 359, [2]uint32{1, 2}, 0, 0},
		{"socket alg", 359, [2]uint32{38, 99}, syscall.EINVAL, syscall.EPERM},
		{"socketcall socket", 102, [2]uint32{1}, syscall.EFAULT, syscall.EPERM},
		{"socketcall bind", 102, [2]uint32{2}, syscall.EFAULT, syscall.EFAULT},
		{"keyctl", 288, [2]uint32{9999}, syscall.EOPNOTSUPP, syscall.EPERM},
		{"ioctl TIOCSTI", 54, [2]uint32{0xffff, 0x5412}, syscall.EBADF, syscall.EPERM},
		{"ioctl TCGETS", 54, [2]uint32{0xffff, 0x5401}, syscall.EBADF, syscall.EBADF},
		{"mount", 21, [2]uint32{}, syscall.EFAULT, syscall.EPERM},
		{"unshare and an unknown flag", 310, [2]uint32{newUser | 1}, syscall.EINVAL, syscall.EPERM},
		{"clone3", 435, [2]uint32{}, syscall.EINVAL, syscall.ENOSYS},
		{"from the future", 1000, [2]uint32{}, syscall.ENOSYS, syscall.ENOSYS},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "program")
			if err := os.WriteFile(path, elf32(c.number, c.args), 0o755); err != nil {
				t.Fatal(err)
			}
			if got := exit(t, "none", path); got != c.bare {
				t.Errorf("without a filter: got %q, want %q", got, c.bare)
			}
			if got := exit(t, "default", path); got != c.filter {
				t.Errorf("under the default program: got %q, want %q", got, c.filter)
			}
		})
	}
}

func runs32Bit(t *testing.T) bool {
	t.Helper()
	path := filepath.Join(t.TempDir(), "program")
	if err := os.WriteFile(path, elf32(20, [2]uint32{}), 0o755); err != nil {
		t.Fatal(err)
	}
	err := exec.CommandContext(t.Context(), path).Run()
	if err != nil && !errors.Is(err, syscall.ENOEXEC) {
		t.Fatal(err)
	}
	return err == nil
}

// exit runs a file under a program and gives its exit status, which is an error number.
func exit(t *testing.T, program, path string) syscall.Errno {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	// By descriptor: the child may not be able to walk to the path.
	cmd := child(t, program, "/proc/self/fd/3")
	cmd.ExtraFiles = []*os.File{file}
	out, err := cmd.CombinedOutput()
	if e := (*exec.ExitError)(nil); errors.As(err, &e) && len(out) == 0 {
		return syscall.Errno(e.ExitCode())
	}
	if err != nil || len(out) > 0 {
		t.Fatal(fmt.Errorf("%w: %s", err, out))
	}
	return 0
}

// elf32 is a program that makes one call and exits with its error number.
func elf32(number uint32, args [2]uint32) []byte {
	const base, headers = 0x08048000, 52 + 32
	le := binary.LittleEndian
	code := le.AppendUint32([]byte{0xb8}, number)        // mov eax, number
	code = le.AppendUint32(append(code, 0xbb), args[0])  // mov ebx, args[0]
	code = le.AppendUint32(append(code, 0xb9), args[1])  // mov ecx, args[1]
	code = append(code, 0x31, 0xd2, 0x31, 0xf6)          // xor edx, edx; xor esi, esi
	code = append(code, 0xcd, 0x80, 0x89, 0xc3)          // int 0x80; mov ebx, eax
	code = append(code, 0xf7, 0xdb, 0x85, 0xc0)          // neg ebx; test eax, eax
	code = append(code, 0x78, 0x02, 0x31, 0xdb)          // js +2; xor ebx, ebx
	code = append(code, 0xb8, 0x01, 0, 0, 0, 0xcd, 0x80) // mov eax, exit; int 0x80
	size := uint32(headers + len(code))

	var b bytes.Buffer
	b.WriteString("\x7fELF\x01\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00")
	for _, field := range []any{
		uint16(2), uint16(3), uint32(1), uint32(base + headers), uint32(52), // executable, 386, entry, program headers
		uint32(0), uint32(0), uint16(52), uint16(32), uint16(1), uint16(0), uint16(0), uint16(0),
		uint32(1), uint32(0), uint32(base), uint32(base), size, size, uint32(5), uint32(4096), // load it all, r-x
	} {
		_ = binary.Write(&b, le, field)
	}
	return append(b.Bytes(), code...)
}
