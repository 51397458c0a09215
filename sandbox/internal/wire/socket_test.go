package wire

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// listening makes a listener at a path.
func listening(t *testing.T, path string) *Listener {
	t.Helper()
	f, err := Listen(path)
	if err != nil {
		t.Fatal(err)
	}
	l, err := NewListener(f)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

func TestDial(t *testing.T) {
	long := filepath.Join(t.TempDir(), strings.Repeat("d", 200), strings.Repeat("e", 200))
	if err := os.MkdirAll(long, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, path := range map[string]string{"short": filepath.Join(t.TempDir(), "s"), "long": filepath.Join(long, "s")} {
		t.Run(name, func(t *testing.T) {
			before := descriptors(t)
			l := listening(t, path)
			client, err := Dial(path)
			if err != nil {
				t.Fatal(err)
			}
			server, err := l.Accept()
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range []*Conn{client, server} {
				if uid, err := c.PeerUID(); uid != os.Getuid() || err != nil {
					t.Errorf("the peer is %d, %v; want %d", uid, err, os.Getuid())
				}
				if !closesOnExec(t, c.f) {
					t.Error("the connection is open in commands")
				}
			}
			if err := client.Send(Count, Empty{}); err != nil {
				t.Fatal(err)
			}
			if f, err := server.Recv(); err != nil || f.Type != Count {
				t.Errorf("got %+v, %v", f, err)
			}
			_ = client.Close()
			if _, err := server.Recv(); !errors.Is(err, io.EOF) {
				t.Errorf("got %v, want the end", err)
			}
			_, _ = server.Close(), l.Close()
			if after := descriptors(t); after != before {
				t.Errorf("%d descriptors are left", after-before)
			}
		})
	}
}

func TestDialRefused(t *testing.T) {
	dir := t.TempDir()
	dead := filepath.Join(dir, "dead")
	if err := listening(t, dead).Close(); err != nil {
		t.Fatal(err)
	}
	before := descriptors(t)
	for path, want := range map[string]error{
		filepath.Join(dir, "none"): fs.ErrNotExist, dead: syscall.ECONNREFUSED,
		filepath.Join(dir, strings.Repeat("x", 200), "s"): fs.ErrNotExist,
	} {
		if _, err := Dial(path); !errors.Is(err, want) {
			t.Errorf("%s: got %v, want %v", path, err, want)
		}
	}
	if _, err := Listen(dead); !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("a second listener: %v", err)
	}
	if after := descriptors(t); after != before {
		t.Errorf("%d descriptors are left", after-before)
	}
}

func TestCloseEndsAccept(t *testing.T) {
	l := listening(t, filepath.Join(t.TempDir(), "s"))
	errs := make(chan error, 1)
	go func() {
		_, err := l.Accept()
		errs <- err
	}()
	_ = l.Close()
	if err := <-errs; err == nil {
		t.Error("a closed listener accepted")
	}
}
