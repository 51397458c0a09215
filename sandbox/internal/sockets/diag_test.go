package sockets

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
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
	d, err := NewDiag(netlink(t))
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	for _, address := range []string{"127.0.0.1:0", "[::1]:0", "0.0.0.0:0", "[::]:0"} {
		l, err := net.Listen("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		at := netip.MustParseAddrPort(l.Addr().String())
		is := func(l Socket) bool { return l.At == at }
		table := Listeners("self")
		all, err := d.Listeners()
		i, j := slices.IndexFunc(all, is), slices.IndexFunc(table, is)
		if err != nil || i < 0 || j < 0 || all[i].At != table[j].At || all[i].Inode != table[j].Inode {
			t.Errorf("%s: %+v, %v; in /proc %+v", at, all, err, table)
		}
		_ = l.Close()
		if all, err = d.Listeners(); err != nil || slices.ContainsFunc(all, is) {
			t.Errorf("%s, closed: %+v, %v", at, all, err)
		}
	}
}

// Of a connection it tells who is at one of its ends.
func TestDiagInode(t *testing.T) {
	d, err := NewDiag(netlink(t))
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	at := func(a net.Addr) netip.AddrPort { return a.(*net.TCPAddr).AddrPort() } // in IPv6's form
	inode, err := d.Inode(at(c.LocalAddr()), at(c.RemoteAddr()))
	if err != nil {
		t.Fatal(err)
	}
	if pid, name := ProcessOf(inode, Network("self")); pid != strconv.Itoa(os.Getpid()) || name != filepath.Base(os.Args[0]) {
		t.Errorf("process %q, %q", pid, name)
	}
	if inode, err := d.Inode(at(c.LocalAddr()), netip.MustParseAddrPort("192.0.2.1:1")); !errors.Is(err, syscall.ENOENT) {
		t.Errorf("of a connection that is none: %d, %v", inode, err)
	}
	if _, err := d.Listeners(); err != nil {
		t.Errorf("after that: %v", err)
	}
}

func TestDiagTakesNoOtherSocket(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = w.Close() }()
	if _, err := NewDiag(r); !errors.Is(err, syscall.ENOTSOCK) {
		t.Errorf("a pipe: %v", err)
	}
	fd, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := NewDiag(os.NewFile(uintptr(fd), "unix")); !errors.Is(err, syscall.EAFNOSUPPORT) {
		t.Errorf("a socket of another kind: %v", err)
	}
}

func FuzzParseDiag(f *testing.F) {
	f.Add(listenersRequest(syscall.AF_INET))
	f.Fuzz(func(t *testing.T, b []byte) {
		out, done, err := parseDiag(b)
		if err != nil && (done || out != nil) {
			t.Errorf("%v, %v, %v", out, done, err)
		}
		for _, l := range out {
			if !l.At.IsValid() || l.At.Port() == 0 {
				t.Errorf("%+v", l)
			}
		}
	})
}
