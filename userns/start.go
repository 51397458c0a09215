package userns

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"strconv"
	"syscall"
	"time"

	"github.com/rootless-sandbox/sandbox/userns/internal/sys"
)

// Descriptors of a started process, after its standard streams.
const (
	launchFD = 3 // read: the Launch
	statusFD = 4 // write: the Report
	// FirstExtraFD is where Stdio.Extra begins.
	FirstExtraFD = 5
)

// Stdio are the descriptors that the new process gets. Nil ones are /dev/null.
type Stdio struct {
	In, Out, Err *os.File
	Extra        []*os.File // from FirstExtraFD on
	Detach       bool       // a session of its own
	// Networked, if any, is told the process when Launch.Net is made: a program may attach to its network
	// namespace from then on, while the rest is built.
	Networked func(pid int)
	// Exe is what is executed under the name of the role; empty: this program.
	Exe string
}

// Process is a started process whose set-up is done.
type Process struct {
	PID      int // outside
	Degraded []Degradation
	Facts    []Fact // of a Launch with Probe
}

// Start starts our own binary as role in new namespaces and returns when it has
// built what launch says. With DieWithParent the calling goroutine must be
// locked to its thread, and the thread must live as long as the child is to.
func Start(role string, launch Launch, io Stdio) (*Process, error) {
	s, err := Spawn(role, launch, io)
	if err != nil {
		return nil, err
	}
	packed, err := Pack(launch)
	if err != nil {
		s.Discard()
		return nil, err
	}
	return s.Launch(packed)
}

// Spawned is a process that was cloned and waits for its launch. One of Launch
// and Discard is called.
type Spawned struct {
	// Networked is Stdio.Networked.
	Networked func(pid int)
	pid       int
	exe       string
	pipes     *pipes
}

// Spawn is the first half of Start. Of the launch it looks at what decides the
// namespaces and their limits alone: Root (whether there is one), HostNetwork, Probe and Limits.
func Spawn(role string, l Launch, io Stdio) (*Spawned, error) {
	if l.Root != nil && !sys.HasSetAttr() {
		return nil, &Error{Op: "mount_setattr", Err: syscall.ENOSYS, Needs: NeedsKernel}
	}
	pipes, err := newPipes()
	if err != nil {
		return nil, err
	}
	pid, exe, err := cloneSelf(role, l, io, pipes)
	if err != nil {
		pipes.close()
		return nil, err
	}
	pipes.closeChildEnds()
	return &Spawned{Networked: io.Networked, pid: pid, exe: exe, pipes: pipes}, nil
}

// cloneSelf starts the own binary and gives the path whose mount is to be
// sealed, if any. The new process has no rights outside its namespace: where the
// path leads through a directory that only those let through, it gets a copy.
func cloneSelf(role string, l Launch, io Stdio, pipes *pipes) (pid int, exe string, err error) {
	image, err := ownBinary()
	if io.Exe != "" {
		image, err = ownImage{path: io.Exe, seal: io.Exe, fd: -1}, nil
	}
	if err != nil {
		return 0, "", err
	}
	pid, err = clone(role, image.path, l, io, pipes)
	if (errors.Is(err, syscall.EACCES) || errors.Is(err, syscall.ENOENT)) && image.fd < 0 {
		if image, err = sealedCopy(selfExe); err != nil {
			return 0, "", err
		}
		pid, err = clone(role, image.path, l, io, pipes)
	}
	image.close()
	if err != nil {
		return 0, "", &Error{Op: "make user namespace", Err: err, Needs: NeedsUserNamespaces}
	}
	return pid, image.seal, nil
}

// PID of the process, outside.
func (s *Spawned) PID() int { return s.pid }

// Launch is the second half of Start.
func (s *Spawned) Launch(l Packed) (*Process, error) {
	defer s.pipes.close()
	report, err := s.hello(l)
	p := &Process{PID: s.pid}
	if err != nil {
		p.Kill()
		_, _ = p.Wait()
		return nil, err
	}
	p.Degraded, p.Facts = report.Degraded, report.Facts
	return p, nil
}

// Discard ends a process that is not needed after all.
func (s *Spawned) Discard() {
	s.pipes.close()
	p := &Process{PID: s.pid}
	p.Kill()
	_, _ = p.Wait()
}

// Wait waits for the end of the process and gives its exit status. It is
// called once, or never where the process is to outlive this one.
func (p *Process) Wait() (int, error) {
	var ws syscall.WaitStatus
	for {
		switch _, err := syscall.Wait4(p.PID, &ws, 0, nil); {
		case err == syscall.EINTR:
		case err != nil:
			return 0, os.NewSyscallError("wait4", err)
		case ws.Signaled():
			return 128 + int(ws.Signal()), nil
		default:
			return ws.ExitStatus(), nil
		}
	}
}

// Kill ends the process, which was not waited for yet, and with it everything in its PID namespace.
func (p *Process) Kill() { _ = syscall.Kill(p.PID, syscall.SIGKILL) }

// clone starts the binary in new namespaces. It runs, with all capabilities in
// them and under an id that is not mapped yet, up to reading its launch.
// (os.StartProcess would first fork another process, to see what the kernel can do.)
func clone(role, path string, l Launch, io Stdio, pipes *pipes) (int, error) {
	attr := &syscall.SysProcAttr{
		Cloneflags: uintptr(cloneFlags(l)),
		// An exec drops the capabilities of a user who is not root inside; ambient ones stay (capabilities(7)).
		AmbientCaps: sys.AllCaps(),
		Setsid:      io.Detach,
	}
	files := []*os.File{io.In, io.Out, io.Err, pipes.launchR, pipes.statusW}
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return 0, err
	}
	defer func() { _ = null.Close() }()
	files = append(files, io.Extra...)
	fds := make([]uintptr, len(files))
	for i, f := range files {
		if f == nil {
			f = null
		}
		fds[i] = f.Fd()
	}
	restore, err := limitForks(l.Limits)
	if err != nil {
		return 0, err
	}
	defer restore()
	return syscall.ForkExec(path, []string{role}, &syscall.ProcAttr{Dir: "/", Env: childEnv(io), Files: fds, Sys: attr})
}

// childEnv is the whole environment of the new process: nothing of the
// caller's. One that is to stay gets one scheduler of the Go runtime instead of
// one for each processor: each keeps memory of its own.
func childEnv(io Stdio) []string {
	env := []string{"GOTRACEBACK=single"}
	if io.Detach {
		env = append(env, "GOMAXPROCS=1")
	}
	return env
}

func cloneFlags(l Launch) int {
	flags := sys.NewUser | sys.NewNS
	if l.Root == nil && !l.Probe {
		return flags
	}
	flags |= sys.NewPID | sys.NewUTS | sys.NewIPC | sys.NewCgroup
	if !l.HostNetwork {
		flags |= sys.NewNet
	}
	return flags
}

// limitForks lowers RLIMIT_NPROC while the namespace is made: the kernel keeps the value as
// the namespace's own bound, which its root cannot raise. The caller's present processes count too.
func limitForks(l Limits) (restore func(), err error) {
	if l.NProc == 0 {
		return func() {}, nil
	}
	// The limit is the process's, but what a clone in another thread would see is only lower.
	soft, hard, err := sys.Getrlimit(sys.LimitNProc)
	if err != nil {
		return nil, err
	}
	if err := sys.Setrlimit(sys.LimitNProc, min(l.NProc+l.Present, hard), hard); err != nil {
		return nil, err
	}
	return func() { _ = sys.Setrlimit(sys.LimitNProc, soft, hard) }, nil
}

// hello maps the ids, hands over the launch and waits for the report.
func (s *Spawned) hello(l Packed) (Report, error) {
	p := s.pipes
	if err := writeMaps(s.pid, l.ids); err != nil {
		return Report{}, err
	}
	if _, err := p.launchW.Write(l.message(s.exe)); err != nil {
		return Report{}, &Error{Op: "send launch", Err: err}
	}
	if err := p.launchW.Close(); err != nil {
		return Report{}, &Error{Op: "send launch", Err: err}
	}
	if s.Networked != nil {
		return s.readReport(p.statusR)
	}
	return readReport(p.statusR)
}

// readReport also waits for the word that the network is made, see networked.
func (s *Spawned) readReport(r io.Reader) (Report, error) {
	first := make([]byte, 1)
	if _, err := io.ReadFull(r, first); err != nil {
		return readReport(r) // which says what is wrong
	}
	if first[0] == networked {
		s.Networked(s.pid)
	}
	return readReport(io.MultiReader(bytes.NewReader(first), r))
}

// maxReport bounds what a child may report.
const maxReport = 1 << 20

func readReport(r io.Reader) (Report, error) {
	b, err := io.ReadAll(io.LimitReader(r, maxReport))
	if err != nil {
		return Report{}, &Error{Op: "read report", Err: err}
	}
	if len(b) == 0 {
		return Report{}, &Error{Op: "start init", Err: errors.New("it ended before it was ready")}
	}
	var rep Report
	if err := json.Unmarshal(b, &rep); err != nil {
		return Report{}, &Error{Op: "read report", Err: err}
	}
	if rep.Error != nil {
		return Report{}, rep.Error
	}
	return rep, nil
}

// WaitGone waits until a process that need not be a child has ended, and reports whether it did in time.
func WaitGone(pid int, timeout time.Duration) (bool, error) {
	return sys.WaitGone(pid, int(timeout.Milliseconds()))
}

// AwaitReadable waits until a read of f, or an accept, would not wait; f, which does not block, may be closed meanwhile.
func AwaitReadable(f *os.File) error {
	raw, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	err = raw.Read(func(fd uintptr) bool {
		var ready bool
		ready, failed = sys.Readable(int(fd)) // what came before is told to nobody any more
		return ready || failed != nil
	})
	return errors.Join(err, failed)
}

// KillWait kills a process that need not be a child and waits for its end. The
// caller has made sure that pid still is the process that it means.
func KillWait(pid int, timeout time.Duration) error {
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
		return &Error{Op: "kill", Path: strconv.Itoa(pid), Err: err}
	}
	gone, err := WaitGone(pid, timeout)
	if err == nil && !gone {
		err = &Error{Op: "kill", Path: strconv.Itoa(pid), Err: os.ErrDeadlineExceeded}
	}
	return err
}

// HasChildren reports whether this process has one. The first process of a PID
// namespace has none when nothing else is left in it.
func HasChildren() bool { return sys.HasChildren() }
