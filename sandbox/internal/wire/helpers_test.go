package wire

import (
	"encoding/binary"
	"os"
	"syscall"
	"testing"
)

// pair gives two connected ends.
func pair(t testing.TB) (a, b *Conn) {
	t.Helper()
	a, f, err := Pair()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Close() })
	b, err = FromFile(f)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	return a, b
}

// rawPair gives a connection and a peer that keeps to no protocol.
func rawPair(t testing.TB) (*Conn, *os.File) {
	t.Helper()
	c, f, err := Pair()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = c.Close(), f.Close() })
	return c, f
}

// frame is one as it travels, with a size that need not be true.
func frame(size uint32, rest string) []byte {
	return append(binary.BigEndian.AppendUint32(nil, size), rest...)
}

// descriptors counts the open ones.
func descriptors(t testing.TB) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

// files opens n different ones.
func files(t testing.TB, n int) []*os.File {
	t.Helper()
	out := make([]*os.File, n)
	for i := range out {
		f, err := os.CreateTemp(t.TempDir(), "")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = f.Close() })
		out[i] = f
	}
	return out
}

func sameFile(t *testing.T, a, b *os.File) bool {
	t.Helper()
	x, err := a.Stat()
	if err != nil {
		t.Fatal(err)
	}
	y, err := b.Stat()
	return err == nil && os.SameFile(x, y)
}

// closesOnExec reports whether a descriptor stays out of commands.
func closesOnExec(t *testing.T, f *os.File) bool {
	t.Helper()
	flags, _, e := syscall.Syscall(syscall.SYS_FCNTL, f.Fd(), syscall.F_GETFD, 0)
	if e != 0 {
		t.Fatal(e)
	}
	return flags&syscall.FD_CLOEXEC != 0
}
