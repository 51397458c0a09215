package sandbox

import (
	"io"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/creack/pty"
	"golang.org/x/term"
)

// terminal connects the caller's terminal with the one inside. The caller's is
// in raw mode, so that every key, Ctrl-C too, is handled by the one inside.
type terminal struct {
	in, out *os.File
	master  *os.File
	before  *term.State // nil when in is no terminal
	resized chan os.Signal
	copied  chan struct{} // closed when the output has ended
	hungUp  chan struct{} // closed when the caller's terminal is gone
	bytes   atomic.Int64
	asides  *asides // nil without any
}

// terminalSize is zero when f is no terminal.
func terminalSize(f *os.File) (rows, cols uint16) {
	size, err := pty.GetsizeFull(f)
	if err != nil {
		return 0, 0
	}
	return size.Rows, size.Cols
}

func openTerminal(s Streams, master *os.File) (*terminal, error) {
	t := &terminal{in: s.In, out: s.Out, master: master, resized: make(chan os.Signal, 1), copied: make(chan struct{}), hungUp: make(chan struct{})}
	if err := t.raw(); err != nil {
		return nil, err
	}
	if s.Asides != nil {
		t.asides = newAsides(s.Out)
		go t.asides.tell(s.Asides, t.copied)
	}
	signal.Notify(t.resized, syscall.SIGWINCH)
	go t.follow()
	go t.copyIn()
	go t.copyOut()
	return t, nil
}

func (t *terminal) raw() error {
	if !term.IsTerminal(int(t.in.Fd())) {
		return nil
	}
	var err error
	t.before, err = term.MakeRaw(int(t.in.Fd()))
	return err
}

// close gives the terminal back as it was.
func (t *terminal) close() {
	signal.Stop(t.resized)
	close(t.resized)
	t.restore()
}

func (t *terminal) restore() {
	if t.before != nil {
		_ = term.Restore(int(t.in.Fd()), t.before)
	}
}

// follow keeps the size the same.
func (t *terminal) follow() {
	for range t.resized {
		t.resize()
	}
}

func (t *terminal) resize() {
	if t.before != nil {
		_ = pty.InheritSize(t.in, t.master)
	}
}

// copyIn passes input on. The end of input that is no terminal is the key for
// it, Ctrl-D. A terminal in raw mode has no end: it is gone.
func (t *terminal) copyIn() {
	_, err := io.Copy(t.master, t.in)
	switch {
	case t.before != nil:
		close(t.hungUp)
	case err == nil:
		_, _ = t.master.Write([]byte{4})
	}
}

// copyOut passes output on until nobody inside has the terminal open any more (EIO).
func (t *terminal) copyOut() {
	defer close(t.copied)
	buf := make([]byte, 32<<10)
	for {
		n, err := t.master.Read(buf)
		if n > 0 {
			t.bytes.Add(int64(n))
			if _, werr := t.show(buf[:n]); werr != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

func (t *terminal) show(b []byte) (int, error) {
	if t.asides != nil {
		return t.asides.Write(b)
	}
	return t.out.Write(b)
}

// drain waits for the rest of the output. A process that was left behind may
// keep the terminal open: then until nothing comes any more.
func (t *terminal) drain() {
	for last := int64(-1); ; {
		select {
		case <-t.copied:
			return
		case <-time.After(30 * time.Millisecond):
			if now := t.bytes.Load(); now == last {
				return
			}
			last = t.bytes.Load()
		}
	}
}

// suspend stops this process as Ctrl-Z would, with the terminal as it was, and
// returns when it is continued.
func (t *terminal) suspend() {
	t.restore()
	_ = syscall.Kill(0, syscall.SIGTSTP)
	// The shell continues us; the signal to stop has taken effect by then.
	time.Sleep(10 * time.Millisecond)
	_ = t.raw()
	t.resize()
}
