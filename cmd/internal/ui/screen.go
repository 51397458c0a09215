package ui

import (
	"io"
	"os"
	"time"

	"github.com/creack/pty"
)

// Screen is a terminal of our own for what a command prints: it finds one, with colours and
// a width, and cannot reach the user's.
type Screen struct {
	Out            *os.File // for the command; closed by Done
	master         *os.File
	copied, wakeup chan struct{}
}

// NewScreen makes one of the size of like, whose output goes to w.
func NewScreen(like *os.File, w io.Writer) (*Screen, error) {
	master, slave, err := pty.Open()
	if err != nil {
		return nil, err
	}
	if like != nil {
		_ = pty.InheritSize(like, master) // without a size it is a small one
	}
	s := &Screen{Out: slave, master: master, copied: make(chan struct{}), wakeup: make(chan struct{}, 1)}
	go s.copy(w)
	return s, nil
}

// copy ends when nobody has the terminal open any more (EIO).
func (s *Screen) copy(w io.Writer) {
	defer close(s.copied)
	defer func() { _ = s.master.Close() }()
	buf := make([]byte, 32<<10)
	for {
		n, err := s.master.Read(buf)
		if n > 0 {
			_, _ = w.Write(buf[:n])
			select {
			case s.wakeup <- struct{}{}:
			default:
			}
		}
		if err != nil {
			return
		}
	}
}

// Done waits for the rest of the output once the command has ended. What a process that was left
// behind prints later still comes.
func (s *Screen) Done() {
	const pause = 30 * time.Millisecond
	_ = s.Out.Close()
	for {
		select {
		case <-s.copied:
			return
		case <-s.wakeup:
		case <-time.After(pause):
			return
		}
	}
}
