// Package agent is the first process of a sandbox. It answers: who runs and
// ends things inside? It builds its surroundings through userns.Enter, gives
// up what it does not need, and then starts commands for clients, reaps every
// orphan and ends the sandbox.
package agent

import (
	"encoding/json"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"

	"github.com/rootless-sandbox/sandbox/sandbox/internal/gitrepo"
	"github.com/rootless-sandbox/sandbox/sandbox/internal/wire"
	"github.com/rootless-sandbox/sandbox/userns"
)

// Role is the argv[0] of the agent.
const Role = "sandbox-init"

// Descriptors that the engine passes on.
const (
	controlFD  = userns.FirstExtraFD     // the connection of whoever starts the sandbox
	listenerFD = userns.FirstExtraFD + 1 // a listening socket, unless Config.OneShot
)

// Config is what the engine tells the agent, as the launch's payload.
type Config struct {
	OneShot   bool     `json:"oneShot,omitempty"` // the sandbox ends with the control connection
	Env       []string `json:"env"`               // of commands, until another one is set
	Dir       string   `json:"dir"`               // where commands start
	User      User     `json:"user"`              // who runs them
	CallerID  int      `json:"callerID"`
	Single    bool     `json:"single,omitempty"`
	Workspace string   `json:"workspace,omitempty"` // the writable project, whose ownership is kept; else empty
	NoRoot    bool     `json:"noRoot,omitempty"`    // no command will ask to be root
	// Repository is that of the project where it lies outside of it; its ownership is kept too.
	Repository string         `json:"repository,omitempty"`
	Git        *gitrepo.Watch `json:"git,omitempty"` // looked at after each command
	// Confine is what commands may do; the emulation is decided here.
	Confine userns.Confinement `json:"confine"`
	// KeepGroups leaves the sandbox's user the groups that the caller has outside.
	KeepGroups bool `json:"keepGroups,omitempty"`
	// Umask of commands; nil: that of whoever started the sandbox.
	Umask *int `json:"umask,omitempty"`
}

// Main plays the role and returns the exit code.
func Main() int {
	// Enter ties the life of the process to this thread.
	runtime.LockOSThread()
	var c Config
	var bad error
	var spawners *spawners
	var control *control
	in, err := userns.Enter(func(l userns.Launch) {
		if bad = json.Unmarshal(l.Payload, &c); bad == nil {
			spawners, control = startSpawners(c), openControl() // meanwhile
		}
	})
	switch {
	case err != nil:
		return 1 // the parent has been told, or is gone
	case bad != nil:
		return complain(bad)
	}
	if c.Umask != nil {
		syscall.Umask(*c.Umask)
	}
	a, err := newAgent(c, spawners, control, in)
	if err != nil {
		return complain(err)
	}
	return a.wait()
}

func complain(err error) int {
	fmt.Fprintln(os.Stderr, "sandbox-init:", err)
	return 1
}

// agent is the state of the first process.
type agent struct {
	config    Config
	settled   func() error             // nothing runs before
	env       atomic.Pointer[[]string] // set since; nil: the configuration's
	shell     atomic.Pointer[string]   // the same of the login shell
	attended  atomic.Int32             // commands that a client waits for
	helpers   []int
	tun       *os.File // nil without one
	terminals *userns.Terminals
	reaper    *reaper
	services  services
	spawners
	idler
	checking sync.Mutex // held over a look at the repository

	detach chan chan<- error // asks the main thread to outlive its parent
	exit   chan int
}

func newAgent(c Config, s *spawners, control *control, in *userns.Inside) (*agent, error) {
	a := &agent{config: c, settled: sync.OnceValue(func() error { return settle(in, c.Confine.Kept()) }), helpers: in.Helpers, tun: in.Tun, reaper: newReaper(), detach: make(chan chan<- error), exit: make(chan int, 1)}
	if control.err != nil {
		return nil, control.err
	}
	var err error
	if a.terminals, err = userns.OpenTerminals(); err != nil {
		return nil, err
	}
	if err := s.wait(); err != nil {
		return nil, err
	}
	a.spawners = *s
	if !c.OneShot {
		if err := a.settled(); err != nil {
			return nil, err
		}
		if c.Git != nil && c.Git.Hold() != nil {
			a.config.Git = nil // it is not there: the project's own mounts cover it
		}
		l, err := wire.NewListener(os.NewFile(listenerFD, "listener"))
		if err != nil {
			return nil, err
		}
		go a.accept(l)
		outliveSignals()
	}
	go a.serveControl(control)
	go a.reaper.run()
	return a, nil
}

// settle ends the set-up: with it goes the right to change mounts. A sandbox of
// one command reads what the command is meanwhile.
func settle(in *userns.Inside, keep uint64) error {
	if err := in.Settled(); err != nil {
		return err
	}
	return userns.DropCaps(keep)
}

// outliveSignals takes every signal that would end this process. The kernel
// spares the first process of a namespace only those that have no handler
// (pid_namespaces(7)), and Go's runtime handles them all. Commands begin with
// the default actions: an exec resets what is handled.
func outliveSignals() {
	signal.Notify(make(chan os.Signal, 1), syscall.SIGHUP, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGILL,
		syscall.SIGTRAP, syscall.SIGABRT, syscall.SIGBUS, syscall.SIGFPE, syscall.SIGUSR1, syscall.SIGSEGV,
		syscall.SIGUSR2, syscall.SIGALRM, syscall.SIGTERM, syscall.SIGSTKFLT, syscall.SIGXCPU, syscall.SIGXFSZ,
		syscall.SIGVTALRM, syscall.SIGIO, syscall.SIGPWR, syscall.SIGSYS)
}

// wait is the main thread's work until the end.
func (a *agent) wait() int {
	for {
		select {
		case code := <-a.exit:
			return code
		case answer := <-a.detach:
			answer <- userns.Outlive() // before anybody is told: the parent may be gone then
		}
	}
}
