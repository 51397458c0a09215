package sandbox

import (
	"errors"
	"syscall"

	"github.com/rootless-sandbox/sandbox/sandbox/internal/wire"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

// refusedError turns the agent's refusal into a fact of this package.
func refusedError(b wire.RefusedBody) error {
	cause := errors.New(b.Text)
	if b.Errno > 0 {
		cause = syscall.Errno(b.Errno)
	}
	switch b.Reason {
	case wire.RefusedVersion:
		return ErrOtherVersion
	case wire.RefusedUser:
		return &UserError{Name: b.Path, Why: b.Text, OneID: b.Text == wire.OneID}
	case wire.RefusedDir:
		return &DirError{b.Path, cause}
	case wire.RefusedCommand:
		return &CommandError{Command: b.Path, Err: cause, Exit: exitFor(cause)}
	}
	return cause
}

// exitFor is the exit code of a command that could not be started, as in env(1).
func exitFor(err error) int {
	switch {
	case errors.Is(err, syscall.ENOENT) || errors.Is(err, syscall.ENOTDIR):
		return 127
	case errors.Is(err, syscall.EACCES) || errors.Is(err, syscall.ENOEXEC) || errors.Is(err, syscall.EPERM) ||
		errors.Is(err, syscall.EISDIR) || errors.Is(err, syscall.ELIBBAD) || errors.Is(err, syscall.ETXTBSY):
		return 126
	}
	return 125
}

// named puts the command as it was written into an error that names where it was found.
func named(err error, cmd spec.Command) error {
	var ce *CommandError
	if errors.As(err, &ce) && len(cmd.Args) > 0 {
		ce.Command = cmd.Args[0]
	}
	return err
}
