package netdriver

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Helper is a driver's process that runs.
type Helper struct {
	Driver string
	cmd    *exec.Cmd
	said   *tail
	heard  chan struct{} // closed when it has said everything
	done   chan struct{} // closed when it has ended
	err    error         // how; read after done
}

// startHelper starts it, tied to this process: when this process dies, however,
// so does the helper. The kernel ties it to the thread that starts it, which
// therefore stays (PR_SET_PDEATHSIG in prctl(2)). The drivers change their
// credentials only to fewer rights, and so the tie holds.
func startHelper(driver string, cmd *exec.Cmd) (*Helper, error) {
	h := &Helper{Driver: driver, cmd: cmd, said: &tail{}, heard: make(chan struct{}), done: make(chan struct{})}
	says, err := h.listen()
	if err != nil {
		return nil, &Error{Driver: driver, Err: err}
	}
	defer func() { _ = says.Close() }()
	cmd.Stdout, cmd.Stderr = says, says
	cmd.Env = append([]string{"LC_ALL=C", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}, cmd.Env...)
	cmd.Dir = "/"
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL
	cmd.SysProcAttr.Setpgid = true // Ctrl-C is not for it, and Close is for all of it
	started := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		defer close(h.done)
		err := cmd.Start()
		started <- err
		if err == nil {
			h.err = cmd.Wait()
		}
	}()
	if err := <-started; err != nil {
		return nil, &Error{Driver: driver, Err: err}
	}
	return h, nil
}

// listen gives it something to write to. Nobody waits for its end: what a helper has started may have it open for longer.
func (h *Helper) listen() (*os.File, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	go func() {
		defer close(h.heard)
		defer func() { _ = r.Close() }()
		_, _ = io.Copy(h.said, r)
	}()
	return w, nil
}

// PID of the process.
func (h *Helper) PID() int { return h.cmd.Process.Pid }

// Done is closed when the process has ended.
func (h *Helper) Done() <-chan struct{} { return h.done }

// Err says how it ended, after Done, with the last it said.
func (h *Helper) Err() error {
	err := h.err
	if err == nil {
		err = errors.New("it ended")
	}
	select {
	case <-h.heard:
	case <-time.After(hearing):
	}
	return &Error{Driver: h.Driver, Err: err, Said: h.said.last()}
}

// hearing is how long the last words of a helper that has ended are waited for.
const hearing = time.Second

// Close ends it, with what it has started, and waits for its end.
func (h *Helper) Close() {
	select {
	case <-h.done: // and its number may be another's
	default:
		_ = syscall.Kill(-h.cmd.Process.Pid, syscall.SIGKILL)
		<-h.done
	}
}

// startTimeout is how long a driver may take until the network works.
const startTimeout = 10 * time.Second

// await asks until the network works, the helper ends, or it has taken too long.
func (h *Helper) await(works func() bool) error {
	pause := 200 * time.Microsecond
	for end := time.Now().Add(startTimeout); time.Now().Before(end); {
		if works() {
			return nil
		}
		select {
		case <-h.done:
			return h.Err()
		case <-time.After(pause):
			pause = min(pause*2, time.Millisecond)
		}
	}
	h.Close()
	return &Error{Driver: h.Driver, Err: os.ErrDeadlineExceeded, Said: h.said.last()}
}

// tail keeps the end of what a helper says.
type tail struct {
	mu   sync.Mutex
	text []byte
}

const maxTail = 4096

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, b...)
	if over := len(t.text) - maxTail; over > 0 {
		t.text = append(t.text[:0], t.text[over:]...)
	}
	return len(b), nil
}

// last is its last line.
func (t *tail) last() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	lines := strings.Split(strings.TrimSpace(string(t.text)), "\n")
	return strings.TrimSpace(lines[len(lines)-1])
}
