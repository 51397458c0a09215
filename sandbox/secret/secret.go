// Package secret answers: what does a secret come to? It reads files, variables
// and what commands print, on the host, for the moment of a start. Nothing of it
// is written anywhere.
package secret

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

// MaxSize is the longest secret, in bytes.
const MaxSize = 1 << 20

// DefaultTimeout is how long a command may take: a person may have to type a passphrase.
const DefaultTimeout = 2 * time.Minute

// Value is what a secret came to.
type Value struct {
	Name string
	Data []byte
}

// String keeps a value out of whatever prints it.
func (v Value) String() string { return "secret " + v.Name }

// GoString is String.
func (v Value) GoString() string { return v.String() }

// Error: a secret cannot be had.
type Error struct {
	Name string
	From string // file /x, variable X, command pass
	Err  error
}

func (e *Error) Error() string { return fmt.Sprintf("secret %s from %s: %v", e.Name, e.From, e.Err) }
func (e *Error) Unwrap() error { return e.Err }

// Options say where secrets are looked for.
type Options struct {
	Project string   // files in it are read without following a link out of it
	Home    string   // where commands run: what is in the project is not theirs to find
	Environ []string // the caller's
	Stderr  *os.File // of commands; nil: /dev/null
	Timeout time.Duration
}

// Facts about a secret that cannot be had.
var (
	ErrUnset   = errors.New("not set, or empty")
	ErrEmpty   = errors.New("empty")
	ErrTooLong = errors.New("longer than 1 MiB")
	ErrOutside = errors.New("a link leads out of the project")
	ErrKind    = errors.New("not a regular file")
)

// Read gives the values in order. Its error is an *Error.
func Read(ctx context.Context, list []spec.Secret, o Options) ([]Value, error) {
	values := make([]Value, 0, len(list))
	for _, s := range list {
		from, data, err := read(ctx, s, o)
		switch {
		case err != nil:
		case len(data) == 0:
			err = ErrEmpty
		case len(data) > MaxSize:
			err = ErrTooLong
		}
		if err != nil {
			return nil, &Error{s.Name, from, err}
		}
		values = append(values, Value{s.Name, data})
	}
	return values, nil
}

func read(ctx context.Context, s spec.Secret, o Options) (from string, data []byte, err error) {
	switch {
	case s.Env != "":
		data, err = readVariable(s.Env, o.Environ)
		return "variable " + s.Env, data, err
	case len(s.Command) > 0:
		data, err = o.run(ctx, s.Command)
		return "command " + s.Command[0], data, err
	}
	data, err = o.readFile(s.File)
	return "file " + s.File, data, err
}

func readVariable(name string, environ []string) ([]byte, error) {
	for _, kv := range environ {
		if len(kv) > len(name)+1 && kv[:len(name)+1] == name+"=" {
			return []byte(kv[len(name)+1:]), nil
		}
	}
	return nil, ErrUnset
}

func (o Options) readFile(path string) ([]byte, error) {
	f, err := o.open(path)
	if err != nil {
		return nil, cause(err)
	}
	defer func() { _ = f.Close() }()
	st, err := f.Stat()
	switch {
	case err != nil:
		return nil, cause(err)
	case !st.Mode().IsRegular():
		return nil, ErrKind
	}
	data, err := io.ReadAll(io.LimitReader(f, MaxSize+1))
	return data, cause(err)
}

// open never waits for a FIFO. What is inside may put a link in the project
// where a file was when somebody looked; it is not followed out.
func (o Options) open(path string) (*os.File, error) {
	const flags = os.O_RDONLY | syscall.O_NONBLOCK | syscall.O_NOCTTY
	name, err := filepath.Rel(o.Project, path)
	if err != nil || o.Project == "" || !filepath.IsLocal(name) {
		return os.OpenFile(path, flags, 0)
	}
	root, err := os.OpenRoot(o.Project)
	if err != nil {
		return nil, err
	}
	defer func() { _ = root.Close() }()
	f, err := root.OpenFile(name, flags, 0)
	var errno syscall.Errno
	if err != nil && !errors.As(err, &errno) {
		return nil, ErrOutside // os.Root has no name for it
	}
	return f, err
}

// cause takes the path off an error that will be given it again.
func cause(err error) error {
	var pe *os.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}
