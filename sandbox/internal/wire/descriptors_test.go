package wire

import (
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
	"testing"
)

// sendRights sends bytes with descriptors as no Conn would.
func sendRights(t *testing.T, peer *os.File, text []byte, groups ...[]int) {
	t.Helper()
	var oob []byte
	for _, fds := range groups {
		oob = append(oob, syscall.UnixRights(fds...)...)
	}
	if err := syscall.Sendmsg(int(peer.Fd()), text, oob, nil, 0); err != nil {
		t.Fatal(err)
	}
}

func repeated(fd, n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = fd
	}
	return out
}

// TestTooManyDescriptors: a hostile peer's are refused, and none stays open. 253
// is the most that the kernel takes (unix(7), SCM_RIGHTS).
func TestTooManyDescriptors(t *testing.T) {
	for _, n := range []int{MaxFiles + 1, MaxFiles + 2, 253} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			c, peer := rawPair(t)
			before := descriptors(t)
			sendRights(t, peer, frame(3, "\x01{}"), repeated(int(peer.Fd()), n))
			if f, err := c.Recv(); !errors.Is(err, ErrTooMany) || len(f.Files) > 0 {
				t.Errorf("got %d descriptors, %v; want %v", len(f.Files), err, ErrTooMany)
			}
			if after := descriptors(t); after != before {
				t.Errorf("%d descriptors are left", after-before)
			}
		})
	}
}

// TestDescriptorsInsideAFrame are not part of the protocol: they are closed unseen.
func TestDescriptorsInsideAFrame(t *testing.T) {
	c, peer := rawPair(t)
	before := descriptors(t)
	text := frame(3, "\x01{}")
	for _, part := range [][]byte{text[:2], text[2:6], text[6:]} {
		sendRights(t, peer, part, []int{int(peer.Fd())})
	}
	f, err := c.Recv()
	if err != nil || len(f.Files) != 1 || string(f.Body) != "{}" {
		t.Errorf("got %d descriptors, %q, %v", len(f.Files), f.Body, err)
	}
	f.Close()
	if after := descriptors(t); after != before {
		t.Errorf("%d descriptors are left", after-before)
	}
}

// TestDescriptorsOfABadFrame are closed with it.
func TestDescriptorsOfABadFrame(t *testing.T) {
	for name, text := range map[string][]byte{
		"no type": frame(0, "\x01"), "too long": frame(MaxFrame+1, "\x01"), "cut short": frame(10, "\x01{}"), "half a head": {0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			c, peer := rawPair(t)
			before := descriptors(t)
			sendRights(t, peer, text, repeated(int(peer.Fd()), MaxFiles))
			if err := syscall.Shutdown(int(peer.Fd()), syscall.SHUT_WR); err != nil {
				t.Fatal(err)
			}
			if f, err := c.Recv(); err == nil || err == io.EOF {
				t.Errorf("got %+v, %v", f, err)
			}
			if after := descriptors(t); after != before {
				t.Errorf("%d descriptors are left", after-before)
			}
		})
	}
}

// TestCredentials: another kind of control message is no descriptor.
func TestCredentials(t *testing.T) {
	c, peer := rawPair(t)
	err := c.raw.Control(func(fd uintptr) {
		if err := syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_PASSCRED, 1); err != nil {
			t.Error(err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := peer.Write(frame(3, "\x01{}")); err != nil {
		t.Fatal(err)
	}
	if f, err := c.Recv(); err != nil || len(f.Files) > 0 || string(f.Body) != "{}" {
		t.Errorf("got %+v, %v", f, err)
	}
}
