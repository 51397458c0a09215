package cli

import (
	"bufio"
	"errors"
	"io"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/rootless-sandbox/sandbox/cmd/internal/ui"
)

// typed hands over each line that is typed at the terminal, until stop; ok is false where nobody types.
// The terminal stays as it is: its lines are edited and echoed by the kernel.
func (a *app) typed(line func(string)) (stop func(), ok bool) {
	if a.story.JSON || !a.story.Moving || !ui.IsTerminal(a.In) {
		return func() {}, false
	}
	tty, err := reopened("/dev/tty") // this process's own (tty(4))
	if err != nil {
		return func() {}, false
	}
	// In the background reading would stop this process; this way it fails (termios(3), EIO).
	signal.Ignore(syscall.SIGTTIN)
	var reading sync.WaitGroup
	reading.Go(func() { readLines(tty, line) })
	return func() {
		_ = tty.Close()
		reading.Wait()
		signal.Reset(syscall.SIGTTIN)
	}, true
}

// reopened opens a terminal so that it can be closed while it is read.
func reopened(name string) (*os.File, error) {
	return os.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK|syscall.O_NOCTTY, 0)
}

// readLines reads to the closing of the terminal. Its other ends pass: Ctrl-D, and being in the background.
func readLines(tty *os.File, line func(string)) {
	const pause = 500 * time.Millisecond
	for r := bufio.NewReader(tty); ; {
		text, err := r.ReadString('\n')
		switch {
		case err == nil:
			line(strings.TrimSpace(text))
		case errors.Is(err, io.EOF), errors.Is(err, syscall.EIO):
			time.Sleep(pause)
		default:
			return
		}
	}
}

// errTakeChange ends a watching that begins anew, with the configuration as it is now.
var errTakeChange = errors.New("the configuration is to be taken")

// key does what was typed.
func (t *watchTeller) key(typed string, rules []*watchRule, check func() error, end func(error)) {
	t.a.story.Entered()
	switch typed {
	case "":
		for _, r := range rules {
			r.inbox.ask()
		}
	case "u":
		if err := check(); err != nil {
			t.a.report(err)
			t.waiting()
			return
		}
		end(errTakeChange)
	case "q":
		end(nil)
	default:
		t.note("Enter runs again, u and Enter takes the configuration as it is now, q and Enter ends")
		t.waiting()
	}
}
