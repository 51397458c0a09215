package sandbox_test

import (
	"context"
	"encoding/binary"
	"errors"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/rootless-sandbox/sandbox/sandbox"
	"github.com/rootless-sandbox/sandbox/sandbox/internal/wire"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

// fakeAgent answers in the place of a sandbox's first process, which is as
// hostile as anything inside may make it.
func fakeAgent(t *testing.T, f *fixture, answer func(c *net.UnixConn)) {
	t.Helper()
	path := filepath.Join(f.runtime, sandbox.ID(f.project, ""), "s")
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan struct{})
	go func() {
		defer close(served)
		c, err := l.AcceptUnix()
		if err != nil {
			return
		}
		defer func() { _ = c.Close() }()
		answer(c)
		_ = c.CloseWrite()
		_, _ = c.Read(make([]byte, 1<<16)) // the request, so that it does not break off
	}()
	t.Cleanup(func() {
		_ = l.Close()
		<-served
		_ = os.RemoveAll(filepath.Dir(path))
	})
}

func frame(kind wire.Type, body string) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(body)+1))
	return append(append(b, byte(kind)), body...)
}

// rights are n descriptors of a file, as they are sent.
func rights(f *os.File, n int) []byte {
	fds := make([]int, n)
	for i := range fds {
		fds[i] = int(f.Fd())
	}
	return syscall.UnixRights(fds...)
}

func TestThreat36HostileAgent(t *testing.T) {
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = null.Close() })
	send := func(b, oob []byte) func(*net.UnixConn) {
		return func(c *net.UnixConn) { _, _, _ = c.WriteMsgUnix(b, oob, nil) }
	}
	started := frame(wire.Started, "{}")
	long := binary.BigEndian.AppendUint32(nil, 1<<32-1)
	for _, c := range []struct {
		name   string
		answer func(*net.UnixConn)
		tty    bool
		want   error // nil: any
	}{
		{"253 descriptors", send(started, rights(null, 253)), false, wire.ErrTooMany},
		{"4 GB", send(append(long, byte(wire.Started)), nil), false, wire.ErrTooLong},
		{"most of a frame", send(append(binary.BigEndian.AppendUint32(nil, wire.MaxFrame), byte(wire.Started), '{'), nil), false, nil},
		{"wrong type", send(frame(wire.Counted, "{}"), nil), false, wire.ErrBadFrame},
		{"no type", send([]byte{0, 0, 0, 0, 0}, nil), false, wire.ErrBadFrame},
		{"garbage", send(append(started, frame(wire.Exited, "}{")...), nil), false, wire.ErrBadFrame},
		{"garbage refusal", send(frame(wire.Refused, "\x00"), nil), false, wire.ErrBadFrame},
		{"nothing", func(*net.UnixConn) {}, false, nil},
		{"no terminal", send(started, nil), true, wire.ErrBadFrame},
		{"three terminals", send(started, rights(null, 3)), true, wire.ErrBadFrame},
		{"a file as terminal", send(started, rights(null, 1)), true, wire.ErrBadFrame},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newEngine(t)
			fakeAgent(t, f, c.answer)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			a := f.exec(spec.Command{Args: []string{"true"}, TTY: c.tty})
			runtime.ReadMemStats(&after)
			if a.err == nil || c.want != nil && !errors.Is(a.err, c.want) {
				t.Errorf("got %v, want %v", a.err, c.want)
			}
			if n := after.TotalAlloc - before.TotalAlloc; n > 4*wire.MaxFrame {
				t.Errorf("it took %d bytes", n)
			}
		})
	}
}

// Frames that come after the end are nobody's, and so are their descriptors.
func TestThreat36FramesAfterTheEnd(t *testing.T) {
	f := newEngine(t)
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = null.Close() })
	fakeAgent(t, f, func(c *net.UnixConn) {
		_, _ = c.Write(append(frame(wire.Started, "{}"), frame(wire.Exited, `{"exit":{"code":3}}`)...))
		for range 5 {
			_, _, _ = c.WriteMsgUnix(frame(wire.Suspended, "{}"), rights(null, 3), nil)
		}
	})
	if a := f.exec(spec.Command{Args: []string{"true"}}); a.err != nil || a.exit.Code != 3 {
		t.Errorf("got %+v, %v; want the exit", a.exit, a.err)
	}
}

// A first process that says nothing does not hold up a caller who gives up.
func TestThreat36SilentAgent(t *testing.T) {
	for _, answer := range []string{"", string(frame(wire.Started, "{}"))} {
		f := newEngine(t)
		over := make(chan struct{})
		fakeAgent(t, f, func(c *net.UnixConn) {
			_, _ = c.Write([]byte(answer))
			<-over
		})
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		inTime(t, func() {
			if _, err := f.Exec(ctx, sandbox.ID(f.project, ""), shell("true"), sandbox.Streams{}, nil); err == nil {
				t.Error("it has no error")
			}
		})
		cancel()
		close(over)
	}
}
