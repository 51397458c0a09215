package userns

import (
	"errors"
	"syscall"

	"github.com/rootless-sandbox/sandbox/userns/internal/sys"
)

// builder carries out one launch.
type builder struct {
	*Inside
	root   int // O_PATH descriptor of the new root
	layers int // writable layers made in memory so far

	lenient bool // what may not be read is not copied
}

// build makes the new root and moves into it.
func build(in *Inside) error {
	// What is made here is for every user inside, however private the caller's own files are.
	defer syscall.Umask(syscall.Umask(0o022))
	if err := in.private; err != nil {
		return &Error{Op: "make mounts private", Err: err, Needs: NeedsMount}
	}
	b := &builder{Inside: in}
	if err := b.network(); err != nil { // first: a helper outside waits for it
		return err
	}
	sealed := -1
	if in.exe != "" {
		fd, err := sealMount(in.exe)
		if err != nil {
			return err
		}
		defer sys.Close(fd)
		sealed = fd
	}
	if err := b.makeRoot(); err != nil {
		return err
	}
	if err := b.all(in.Ops); err != nil {
		return err
	}
	if err := b.addAccount(); err != nil {
		return err
	}
	if err := b.pivot(sealed); err != nil {
		return err
	}
	return b.finish()
}

func (b *builder) pivot(sealed int) error {
	if err := sys.Chdir(b.root); err != nil {
		return err
	}
	err := sys.PivotHere()
	sys.Close(b.root)
	if err == nil && sealed >= 0 {
		err = seal(sealed, b.exe) // as long as the old mounts can still be changed
	}
	if err != nil {
		return &Error{Op: "enter the new root", Err: err, Needs: NeedsMount}
	}
	b.detachOldRoot()
	return nil
}

// detachOldRoot does that beside what comes next; Settled waits for it.
func (b *builder) detachOldRoot() {
	done := make(chan struct{})
	var err error
	go func() {
		err = sys.DetachOldRoot()
		close(done)
	}()
	b.settled = func() error {
		<-done
		return err
	}
}

// finish sets what is not a mount: the host name, the limits.
func (b *builder) finish() error {
	if err := sys.Sethostname(b.Hostname); errors.Is(err, syscall.EPERM) { // a filter of a container around this one
		b.degraded = append(b.degraded, Degradation{"hostname", err.Error()})
	} else if err != nil {
		return err
	}
	if err := setLimits(b.Limits); err != nil {
		return &Error{Op: "set limits", Err: err}
	}
	return sys.NotDumpable()
}

// setLimits: no core dumps ever (a pipe in core_pattern would run on the host).
func setLimits(l Limits) error {
	if err := sys.Setrlimit(sys.LimitCore, 0, 0); err != nil {
		return err
	}
	if l.NProc > 0 {
		if err := lower(sys.LimitNProc, l.NProc); err != nil {
			return err
		}
	}
	if l.NoFile > 0 {
		return lower(sys.LimitNoFile, l.NoFile)
	}
	return nil
}

func lower(resource int, to uint64) error {
	_, hard, err := sys.Getrlimit(resource)
	if err != nil {
		return err
	}
	to = min(to, hard)
	return sys.Setrlimit(resource, to, to)
}

// need wraps the cause of a failed step.
func need(op, path string, err error, needs string) error {
	return &Error{Op: op, Path: path, Err: err, Needs: needs}
}
