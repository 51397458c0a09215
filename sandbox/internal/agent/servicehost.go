package agent

import (
	"errors"
	"io"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/rootless-sandbox/sandbox/sandbox/internal/wire"
	"github.com/rootless-sandbox/sandbox/sandbox/service"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

// serviceHost starts services as commands are started.
type serviceHost struct{ *agent }

// Start starts a service, its output to its log.
func (h serviceHost) Start(s spec.Service, line func(string)) (service.Process, error) {
	p, r, out, err := h.launch(s, s.Args)
	if err != nil {
		return service.Process{}, err
	}
	log := h.services.log(s.Name)
	run := log.follow(out, line)
	ended := make(chan spec.Exit, 1)
	go func() {
		ws := <-r.ended
		run.settle()
		h.touch()
		ended <- exitOf(ws)
	}()
	gone := func() {
		if s.Root == "" { // its files are the sandbox's, the project among them
			h.repairAfter(p)
		}
	}
	return service.Process{PID: r.leader, Ended: ended, Gone: gone, Tail: run.lines, Signal: func(s syscall.Signal, all bool) int {
		if !all {
			h.signal(r, s)
			return 1
		}
		return h.signalFamily(r.family, s)
	}}, nil
}

// launch starts one of a service's commands; out is what it prints.
func (h serviceHost) launch(s spec.Service, args []string) (p *prepared, r ran, out *os.File, err error) {
	cmd := spec.Command{Args: args, Env: s.Env, Dir: s.Dir, User: s.User}
	if s.User == "root" {
		cmd.User, cmd.Root = "", true
	}
	null, err := os.Open(os.DevNull)
	if err != nil {
		return nil, ran{}, nil, err
	}
	defer func() { _ = null.Close() }()
	out, in, err := os.Pipe()
	if err != nil {
		return nil, ran{}, nil, err
	}
	defer func() { _ = in.Close() }()
	p, err = h.prepareService(s, cmd, []*os.File{null, in, in})
	if err == nil {
		if r, err = h.begin(p); err != nil {
			err = &os.PathError{Op: "start", Path: p.program, Err: err}
		}
	}
	if err != nil {
		_ = out.Close()
		return nil, ran{}, nil, err
	}
	return p, r, out, nil
}

func (h serviceHost) prepareService(s spec.Service, cmd spec.Command, files []*os.File) (*prepared, error) {
	if s.Root != "" {
		cmd.User, cmd.Root = s.User, false
		return h.prepareIn(s.Root, cmd, files)
	}
	p, refused := h.prepare(wire.ExecBody{Version: wire.Version, Command: cmd}, files)
	if refused != nil {
		return nil, refusalError(refused)
	}
	return p, nil
}

func refusalError(b *wire.RefusedBody) error {
	if b.Path == "" {
		return errors.New(b.Text)
	}
	if b.Reason == wire.RefusedUser {
		return errors.New("user " + b.Path + ": " + b.Text)
	}
	return errors.New(b.Path + ": " + b.Text)
}

// probeTimeout is how long one question may take.
const probeTimeout = 5 * time.Second

// Probe asks whether a service is ready.
func (h serviceHost) Probe(s spec.Service) error {
	switch {
	case s.Ready.TCP != 0:
		fd, err := dialLoopback(s.Ready.TCP)
		if err == nil {
			_ = fd.Close()
		}
		return err
	case s.Ready.HTTP != "":
		return askHTTP(s.Ready.HTTP)
	}
	return h.probeCommand(s)
}

func (h serviceHost) probeCommand(s spec.Service) error {
	_, r, out, err := h.launch(s, s.Ready.Command)
	if err != nil {
		return err
	}
	var said strings.Builder
	read := make(chan struct{})
	go func() {
		defer close(read)
		_, _ = io.Copy(&said, io.LimitReader(out, 4096))
		_, _ = io.Copy(io.Discard, out)
	}()
	var ws syscall.WaitStatus
	select {
	case ws = <-r.ended:
	case <-time.After(probeTimeout):
		h.signalFamily(r.family, syscall.SIGKILL)
		<-r.ended
		_ = out.Close()
		return errors.New("no answer in " + probeTimeout.String())
	}
	_ = out.SetReadDeadline(time.Now().Add(50 * time.Millisecond)) // something else may hold it
	<-read
	_ = out.Close()
	if ws.ExitStatus() == 0 {
		return nil
	}
	lines := strings.Split(strings.TrimSpace(said.String()), "\n")
	return errors.New(strings.TrimSpace("exit status " + exitText(ws) + " " + lines[len(lines)-1]))
}

func exitText(ws syscall.WaitStatus) string {
	e := exitOf(ws)
	if e.Signal != 0 {
		return syscall.Signal(e.Signal).String()
	}
	return itoa(e.Code)
}
