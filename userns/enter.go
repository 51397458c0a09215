package userns

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"

	"github.com/rootless-sandbox/sandbox/userns/internal/sys"
)

// Enter is the child's half of Start: it reads the launch, builds what it says
// and reports. When it returns nil the process is inside, with every
// capability in its user namespace still; the caller confines itself next.
// begin is called once the ids are right, before anything is built.
func Enter(begin func(Launch)) (*Inside, error) {
	launchPipe := os.NewFile(launchFD, "launch")
	statusPipe := os.NewFile(statusFD, "status")
	if launchPipe == nil || statusPipe == nil {
		return nil, errors.New("not started by sandbox")
	}
	defer func() { _ = statusPipe.Close() }()
	if err := sys.CloseOnExecFrom(3); err != nil {
		return nil, err
	}
	private := sys.Private() // while the launch is still on its way
	in, err := readLaunch(launchPipe)
	_ = launchPipe.Close()
	if err != nil {
		return nil, err // the parent is gone, or never was
	}
	in.private = private
	in.networked = func() error {
		_, err := statusPipe.Write([]byte{networked})
		return err
	}
	err = enter(in, begin)
	report := Report{Degraded: in.degraded, Facts: in.facts}
	if err != nil {
		report.Error = asError(err)
	}
	if werr := json.NewEncoder(statusPipe).Encode(report); werr != nil {
		return nil, werr
	}
	return in, err
}

// Inside is what a process knows of itself after Enter.
type Inside struct {
	Launch
	// Tun is the other end of the interface of Net.Tun.
	Tun *os.File
	// Helpers are processes of the set-up that the root file system needs to the end.
	Helpers  []int
	exe      string // path of the running binary; empty when it is a sealed copy
	degraded []Degradation
	facts    []Fact
	private  error // of making all mounts private
	caller   ids   // who started it, as seen here
	settled  func() error
	// networked tells the parent that the network is made.
	networked func() error
}

// Settled waits until the old root is out of reach. It comes before the first
// command.
func (in *Inside) Settled() error {
	if in.settled == nil {
		return nil
	}
	return in.settled()
}

// networked comes before the report where there is a Launch.Net; it is a blank to JSON.
const networked = '\n'

// ids are a user and a group.
type ids struct{ uid, gid int }

func enter(in *Inside, begin func(Launch)) error {
	in.caller = ids{os.Getuid(), os.Getgid()}
	if !in.IDs.Single() {
		if err := sys.BecomeUser(0, 0); err != nil {
			return &Error{Op: "become root of the user namespace", Err: err, Needs: NeedsSubIDs}
		}
	}
	if in.DieWithParent {
		if err := dieWithParent(); err != nil {
			return err
		}
	}
	begin(in.Launch)
	if in.Probe {
		in.facts = (&builder{Inside: in}).probeInside()
		return nil
	}
	if in.Root == nil {
		return nil
	}
	return build(in)
}

// dieWithParent comes after the last change of ids, which would clear it, and
// then makes sure that the parent did not end before.
func dieWithParent() error {
	if err := sys.DieWithParent(); err != nil {
		return err
	}
	if sys.HungUp(statusFD) {
		return errors.New("the parent is gone")
	}
	return nil
}

func asError(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	var at *fs.PathError
	if errors.As(err, &at) {
		return &Error{Op: at.Op, Path: at.Path, Err: at.Err}
	}
	return &Error{Op: "set up", Err: err}
}
