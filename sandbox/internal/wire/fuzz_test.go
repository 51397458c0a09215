package wire

import (
	"bytes"
	"encoding/binary"
	"syscall"
	"testing"
)

// FuzzRecv: whatever a peer says ends in frames and one error, and leaves no descriptor open.
func FuzzRecv(f *testing.F) {
	f.Add(frame(3, "\x01{}"), uint8(0))
	f.Add(append(frame(3, "\x01{}"), frame(1, "\x0c")...), uint8(3))
	f.Add(frame(0, "\x01"), uint8(1))
	f.Add(frame(1<<31, "\x01{}"), uint8(4))
	f.Add([]byte{0, 0}, uint8(9))
	f.Fuzz(func(t *testing.T, in []byte, fds uint8) {
		if len(in) == 0 || len(in) > 1<<16 {
			return
		}
		c, peer := rawPair(t)
		before := descriptors(t)
		sendRights(t, peer, in, repeated(int(peer.Fd()), min(int(fds), 253)))
		if err := syscall.Shutdown(int(peer.Fd()), syscall.SHUT_WR); err != nil {
			t.Fatal(err)
		}
		rest := in
		for {
			got, err := c.Recv()
			if err != nil {
				break
			}
			size := binary.BigEndian.Uint32(rest)
			if len(got.Body) != int(size)-1 || byte(got.Type) != rest[4] || !bytes.Equal(got.Body, rest[5:4+size]) {
				t.Fatalf("%d bytes became type %d, %d bytes", len(rest), got.Type, len(got.Body))
			}
			if len(got.Files) > MaxFiles {
				t.Fatalf("%d descriptors", len(got.Files))
			}
			got.Close()
			rest = rest[4+size:]
		}
		if after := descriptors(t); after != before {
			t.Fatalf("%d descriptors are left", after-before)
		}
		_, _ = c.Close(), peer.Close()
	})
}
