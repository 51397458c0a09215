package sandbox

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/rootless-sandbox/sandbox/sandbox/feature"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

// FrozenError: the lock of the features does not say what would be installed.
type FrozenError struct{ File, Why string }

func (e *FrozenError) Error() string {
	return fmt.Sprintf("features are frozen by %s: %s", e.File, e.Why)
}

// LockError: the lock of the features cannot be read.
type LockError struct {
	File string
	Err  error
}

func (e *LockError) Error() string {
	var parse *feature.ParseError
	if errors.As(e.Err, &parse) { // it names the file, with the line
		return "read " + e.Err.Error()
	}
	return fmt.Sprintf("read %s: %v", e.File, e.Err)
}

func (e *LockError) Unwrap() error { return e.Err }

// readLock reads the lock beside the project's configuration.
func (f *finder) readLock() error {
	file := f.file()
	if file == "" {
		if f.options.Frozen {
			return &FrozenError{"no lock", "no file of the project names features"}
		}
		return nil
	}
	f.lockFile = feature.LockName(file)
	data, err := f.inProject(func(root *os.Root, rel string) ([]byte, error) {
		in, err := root.Open(rel)
		if err != nil {
			return nil, err
		}
		defer func() { _ = in.Close() }()
		if st, err := in.Stat(); err != nil || !st.Mode().IsRegular() {
			return nil, errors.Join(err, errors.New("not a file"))
		}
		return io.ReadAll(io.LimitReader(in, feature.MaxFile+1))
	})
	switch {
	case errors.Is(err, fs.ErrNotExist) && f.options.Frozen:
		return &FrozenError{f.lockFile, "there is none"}
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return &LockError{f.lockFile, err}
	}
	if f.lock, err = feature.ParseLock(f.lockFile, data); err != nil {
		return &LockError{f.lockFile, err}
	}
	f.locked = true
	return nil
}

// inProject opens the project's directory for something with the lock: no link leads out of it.
func (f *finder) inProject(do func(root *os.Root, rel string) ([]byte, error)) ([]byte, error) {
	root, err := os.OpenRoot(f.loaded.Project.Dir)
	if err != nil {
		return nil, err
	}
	defer func() { _ = root.Close() }()
	rel, err := filepath.Rel(f.loaded.Project.Dir, f.lockFile)
	if err != nil {
		return nil, err
	}
	return do(root, rel)
}

// settleLock compares the lock with what was found, and writes it where it is to be.
// A project that cannot be written to has none; that is said.
func (f *finder) settleLock(nodes []feature.Node) error {
	if f.lockFile == "" {
		return nil
	}
	want := feature.LockOf(f.shared(nodes))
	if f.locked && f.lock.Equal(want) || !f.locked && len(want.Features) == 0 {
		return nil
	}
	if f.options.Frozen {
		return &FrozenError{f.lockFile, "it says something else"}
	}
	if !f.options.Lock || f.options.Offline {
		return nil
	}
	data, err := want.Bytes()
	if err != nil {
		return err
	}
	_, err = f.inProject(func(root *os.Root, rel string) ([]byte, error) { return nil, writeInside(root, rel, data) })
	detail := "written: what features are stays as it is now"
	if err != nil {
		detail = "not written: " + err.Error()
	}
	f.emit(spec.Event{Kind: "note", Name: filepath.Base(f.lockFile), Detail: detail})
	return nil
}

// writeInside replaces a file in one step.
func writeInside(root *os.Root, rel string, data []byte) error {
	temp := rel + ".new"
	if err := root.Remove(temp); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	out, err := root.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = out.Write(data)
	if err = errors.Join(err, out.Close()); err == nil {
		err = root.Rename(temp, rel)
	}
	if err != nil {
		_ = root.Remove(temp) // the first error is the one to tell
	}
	return err
}

// shared are the features that the project's own file names, and what these need; those
// of the user's own settings are nobody else's business.
func (f *finder) shared(nodes []feature.Node) []feature.Node {
	in := map[string]bool{}
	for id := range f.loaded.Config.Features {
		if _, shared := f.loaded.FeatureFile(id); shared {
			in[id] = true
		}
	}
	for grown := true; grown; {
		grown = false
		for _, n := range nodes {
			for _, a := range n.Metadata.DependsOn {
				if in[n.Written] && !in[a.ID] {
					in[a.ID], grown = true, true
				}
			}
		}
	}
	var out []feature.Node
	for _, n := range nodes {
		if in[n.Written] {
			out = append(out, n)
		}
	}
	return out
}

// quoteOdd shows a name that comes from elsewhere.
func quoteOdd(s string) string {
	if q := fmt.Sprintf("%q", s); strings.ContainsAny(s, " ") || q != `"`+s+`"` {
		return q
	}
	return s
}
