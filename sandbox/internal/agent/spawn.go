package agent

import (
	"errors"
	"runtime"
	"syscall"

	"github.com/rootless-sandbox/sandbox/userns"
)

// spawner is a thread that starts commands. Capabilities, keyring and seccomp
// filters are a thread's, and what it starts inherits them; so every command
// comes from a thread that was restricted once, at no cost to the command.
type spawner struct {
	jobs  chan func()
	ready chan error
}

func newSpawner(c userns.Confinement) *spawner {
	s := &spawner{jobs: make(chan func()), ready: make(chan error, 1)}
	go func() {
		runtime.LockOSThread() // for good: the thread is not fit for anything else
		s.ready <- userns.ConfineThread(c)
		for job := range s.jobs {
			job()
		}
	}()
	return s
}

// start forks and executes on the thread.
func (s *spawner) start(path string, args []string, attr *syscall.ProcAttr) (pid int, err error) {
	done := make(chan struct{})
	s.jobs <- func() {
		pid, err = syscall.ForkExec(path, args, attr)
		close(done)
	}
	<-done
	return pid, err
}

// spawners are the threads that commands start from.
type spawners struct {
	normal *spawner
	asRoot *spawner // single-id mode: starts commands that are told they are root
}

// startSpawners restricts the threads while the root is being built: the kernel
// takes its time over a filter.
func startSpawners(c Config) *spawners {
	s := &spawners{normal: newSpawner(c.confinement(userns.NoEmulation, userns.EmulateRoot))}
	if c.Single && c.User.UID != 0 && !c.NoRoot {
		s.asRoot = newSpawner(c.confinement(userns.FakeRoot, userns.FakeRoot))
	}
	return s
}

// confinement is that of the configuration, by the ids that there are.
func (c Config) confinement(several, single userns.Emulation) userns.Confinement {
	out := c.Confine
	if out.Emulation = several; c.Single {
		out.Emulation = single
	}
	return out
}

// wait waits until they are restricted. What is not dropped from a thread
// before is dropped from all but these afterwards.
func (s *spawners) wait() error {
	err := <-s.normal.ready
	if s.asRoot != nil {
		err = errors.Join(err, <-s.asRoot.ready)
	}
	return err
}
