package monitor

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"slices"
	"syscall"
	"testing"
)

func netlink(t *testing.T) *os.File {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_NETLINK, syscall.SOCK_RAW|syscall.SOCK_CLOEXEC, 4) // one that blocks
	if err != nil {
		t.Fatal(err)
	}
	return os.NewFile(uintptr(fd), "netlink")
}

// The kernel tells the same as /proc does, of what this test listens on.
func TestDiag(t *testing.T) {
	d, err := newDiag(netlink(t))
	if err != nil {
		t.Fatal(err)
	}
	defer d.close()
	for _, address := range []string{"127.0.0.1:0", "[::1]:0", "0.0.0.0:0", "[::]:0"} {
		l, err := net.Listen("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		at := netip.MustParseAddrPort(l.Addr().String())
		is := func(l listener) bool { return l.at == at }
		table := readListeners("self")
		all, err := d.listeners()
		i, j := slices.IndexFunc(all, is), slices.IndexFunc(table, is)
		if err != nil || i < 0 || j < 0 || all[i] != table[j] {
			t.Errorf("%s: %+v, %v; in /proc %+v", at, all, err, table)
		}
		_ = l.Close()
		if all, err = d.listeners(); err != nil || slices.ContainsFunc(all, is) {
			t.Errorf("%s, closed: %+v, %v", at, all, err)
		}
	}
}

func TestDiagTakesNoOtherSocket(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = w.Close() }()
	if _, err := newDiag(r); !errors.Is(err, syscall.ENOTSOCK) {
		t.Errorf("a pipe: %v", err)
	}
	fd, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := newDiag(os.NewFile(uintptr(fd), "unix")); !errors.Is(err, syscall.EAFNOSUPPORT) {
		t.Errorf("a socket of another kind: %v", err)
	}
}

func FuzzParseDiag(f *testing.F) {
	f.Add(diagRequest(syscall.AF_INET))
	f.Fuzz(func(t *testing.T, b []byte) {
		out, done, err := parseDiag(b)
		if err != nil && (done || out != nil) {
			t.Errorf("%v, %v, %v", out, done, err)
		}
		for _, l := range out {
			if !l.at.IsValid() || l.at.Port() == 0 {
				t.Errorf("%+v", l)
			}
		}
	})
}
