package wire

import (
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

func TestRoundTrip(t *testing.T) {
	for n := range MaxFiles + 1 {
		t.Run(fmt.Sprint(n, " descriptors"), func(t *testing.T) {
			a, b := pair(t)
			sent := files(t, n)
			before := descriptors(t)
			want := ExecBody{Version: Version, Command: spec.Command{Args: []string{"true"}, TTY: true}, Rows: 24, Cols: 80}
			if err := a.Send(Exec, want, sent...); err != nil {
				t.Fatal(err)
			}
			f, err := b.Recv()
			if err != nil {
				t.Fatal(err)
			}
			var got ExecBody
			if err := f.Decode(&got); err != nil || f.Type != Exec || !reflect.DeepEqual(got, want) {
				t.Errorf("got type %d, %+v, %v", f.Type, got, err)
			}
			if len(f.Files) != n {
				t.Fatalf("%d descriptors arrived", len(f.Files))
			}
			for i, got := range f.Files {
				if !sameFile(t, got, sent[i]) || !closesOnExec(t, got) {
					t.Errorf("descriptor %d is another file, or open in commands", i)
				}
			}
			f.Close()
			if after := descriptors(t); after != before {
				t.Errorf("%d descriptors are left", after-before)
			}
		})
	}
}

func TestFramesKeepTheirOrder(t *testing.T) {
	a, b := pair(t)
	sent := files(t, 3)
	for i, f := range sent {
		if err := a.Send(Type(100+i), StartedBody{PID: i}, f); err != nil {
			t.Fatal(err)
		}
	}
	for i := range sent {
		f, err := b.Recv()
		if err != nil {
			t.Fatal(err)
		}
		var body StartedBody
		if err := f.Decode(&body); err != nil || body.PID != i || f.Type != Type(100+i) || !sameFile(t, f.Files[0], sent[i]) {
			t.Errorf("frame %d: type %d, %+v, %v", i, f.Type, body, err)
		}
		f.Close()
	}
}

// TestEnd: a peer that closes between frames has nothing more to say; one that
// closes in a frame was cut short.
func TestEnd(t *testing.T) {
	whole := frame(4, "\x01{}\n")
	for n := range len(whole) {
		c, peer := rawPair(t)
		if _, err := peer.Write(whole[:n]); err != nil {
			t.Fatal(err)
		}
		if err := peer.Close(); err != nil {
			t.Fatal(err)
		}
		want := io.ErrUnexpectedEOF
		if n == 0 {
			want = io.EOF
		}
		if _, err := c.Recv(); !errors.Is(err, want) {
			t.Errorf("after %d bytes: got %v, want %v", n, err, want)
		}
	}
}

func TestMalformedRefused(t *testing.T) {
	for _, c := range []struct {
		name string
		in   []byte
		want error
	}{
		{"no type", frame(0, "\x01"), ErrBadFrame},
		{"one more than allowed", frame(MaxFrame+1, "\x01"), ErrTooLong},
		{"four gigabytes", frame(1<<32-1, "\x01{}"), ErrTooLong},
	} {
		t.Run(c.name, func(t *testing.T) {
			conn, peer := rawPair(t)
			if _, err := peer.Write(c.in); err != nil {
				t.Fatal(err)
			}
			if _, err := conn.Recv(); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

// TestUnknownType passes through: what it means is the receiver's matter.
func TestUnknownType(t *testing.T) {
	c, peer := rawPair(t)
	if _, err := peer.Write(frame(1, "\xff")); err != nil {
		t.Fatal(err)
	}
	f, err := c.Recv()
	if err != nil || f.Type != 255 || len(f.Body) > 0 {
		t.Errorf("got %+v, %v", f, err)
	}
	if err := f.Decode(&Empty{}); !errors.Is(err, ErrBadFrame) {
		t.Errorf("an empty body: %v", err)
	}
}

func TestSlowSender(t *testing.T) {
	c, peer := rawPair(t)
	text := frame(10, "\x03{\"a\":\"bc\"}")[:4+10]
	go func() {
		for i := range text {
			_, _ = peer.Write(text[i : i+1])
		}
	}()
	f, err := c.Recv()
	if err != nil || f.Type != Signal || string(f.Body) != string(text[5:]) {
		t.Errorf("got %+v, %v", f, err)
	}
}

// TestLarge: frames far larger than a socket's buffer, up to the last byte allowed.
func TestLarge(t *testing.T) {
	for _, size := range []int{1 << 16, 4 << 20, MaxFrame - 1 - len(`""`)} {
		a, b := pair(t)
		want := strings.Repeat("x", size)
		errs := make(chan error, 1)
		go func() { errs <- a.Send(Exec, want, os.Stderr) }()
		f, err := b.Recv()
		if err != nil {
			t.Fatal(err)
		}
		var got string
		if err := f.Decode(&got); err != nil || got != want || len(f.Files) != 1 {
			t.Errorf("%d bytes, %d descriptors arrived, %v", len(got), len(f.Files), err)
		}
		f.Close()
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
}

func TestSendRefused(t *testing.T) {
	a, b := pair(t)
	if err := a.Send(Exec, strings.Repeat("x", MaxFrame)); !errors.Is(err, ErrTooLong) {
		t.Errorf("too long: %v", err)
	}
	if err := a.Send(Exec, func() {}); err == nil {
		t.Error("a function was sent")
	}
	if err := a.Send(Count, Empty{}); err != nil {
		t.Fatal(err)
	}
	if f, err := b.Recv(); err != nil || f.Type != Count {
		t.Errorf("what was refused left something: %+v, %v", f, err)
	}
	_ = b.Close()
	if err := a.Send(Count, Empty{}); err == nil {
		t.Error("the closed end took a frame")
	}
}

// TestConcurrent: one goroutine sends while another receives, on both ends.
func TestConcurrent(t *testing.T) {
	const n = 300
	a, b := pair(t)
	sent := files(t, 1)
	var wg sync.WaitGroup
	for _, c := range []*Conn{a, b} {
		wg.Go(func() {
			for i := range n {
				if err := c.Send(Started, StartedBody{PID: i}, sent...); err != nil {
					t.Error(err)
					return
				}
			}
		})
		wg.Go(func() {
			for i := range n {
				f, err := c.Recv()
				if err != nil {
					t.Error(err)
					return
				}
				var got StartedBody
				if err := f.Decode(&got); err != nil || got.PID != i || len(f.Files) != 1 {
					t.Errorf("frame %d: %+v, %d descriptors, %v", i, got, len(f.Files), err)
				}
				f.Close()
			}
		})
	}
	wg.Wait()
}

// TestCloseEndsRecv: a Recv that waits returns when its own end is closed.
func TestCloseEndsRecv(t *testing.T) {
	a, _ := pair(t)
	errs := make(chan error, 1)
	go func() {
		_, err := a.Recv()
		errs <- err
	}()
	_ = a.Close()
	if err := <-errs; err == nil {
		t.Error("a closed end received a frame")
	}
}
