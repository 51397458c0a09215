package sandbox

import (
	"errors"
	"fmt"

	"github.com/rootless-sandbox/sandbox/sandbox/image"
)

// Facts that the command line turns into advice. They never carry advice.
var (
	// ErrNotFound: no sandbox of that id is known.
	ErrNotFound = errors.New("no such sandbox")
	// ErrNotRunning: the sandbox exists but is not running.
	ErrNotRunning = errors.New("sandbox is not running")
	// ErrLost: the sandbox ended while it was being used: its first process was killed, or somebody said down.
	ErrLost = errors.New("the sandbox ended")
	// ErrInside: the caller is itself inside a sandbox.
	ErrInside = errors.New("already inside a sandbox")
	// ErrOtherVersion: state or agent of another version of the program.
	ErrOtherVersion = errors.New("made by another version of sandbox")
)

// UntrustedError: the project's configuration asks for parts of the host.
type UntrustedError struct{ Trust }

func (e *UntrustedError) Error() string {
	return fmt.Sprintf("the configuration of this project asks for %d thing(s) of the host", len(e.Asks))
}

// ProjectError: this directory cannot be a project.
type ProjectError struct{ Dir, Why string }

func (e *ProjectError) Error() string { return fmt.Sprintf("project %s: %s", e.Dir, e.Why) }

// ImageError: the root file system cannot be used as it is.
type ImageError = image.Error

// UserError: the user cannot be had inside.
type UserError struct {
	Name, Why string
	OneID     bool // there is no other id than the caller's
}

func (e *UserError) Error() string {
	why := e.Why
	if why == "" {
		why = "not in the image's /etc/passwd"
	}
	return "user " + e.Name + ": " + why
}

// CommandError: the command could not be started. Exit is 127 (not found),
// 126 (found, not executable) or 125.
type CommandError struct {
	Command string
	Err     error
	Exit    int
}

func (e *CommandError) Error() string { return e.Command + ": " + e.Err.Error() }
func (e *CommandError) Unwrap() error { return e.Err }

// DirError: the working directory of a command is not usable inside.
type DirError struct {
	Dir string
	Err error
}

func (e *DirError) Error() string { return "working directory " + e.Dir + ": " + e.Err.Error() }
func (e *DirError) Unwrap() error { return e.Err }
