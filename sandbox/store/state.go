package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

// StateVersion is the version of State as it is written to disk. It changes
// when an older program would misread the file.
const StateVersion = 1

// State is what is kept of a sandbox between two commands.
type State struct {
	Version   int       `json:"version"`
	Program   string    `json:"program"` // version of the program that wrote it
	Spec      spec.Spec `json:"spec"`
	Down      bool      `json:"down,omitempty"`      // ended by down
	PID       int       `json:"pid,omitempty"`       // of the first process, on the host
	StartTime uint64    `json:"startTime,omitempty"` // of it, in clock ticks since boot
	BootID    string    `json:"bootID,omitempty"`
	Monitor   Process   `json:"monitor,omitzero"` // of the network; none where nothing needs it
	Rest      Process   `json:"rest,omitzero"`    // that runs the hooks which up did not wait for
	Driver    string    `json:"driver,omitempty"` // that connects the network
	Created   time.Time `json:"created,omitzero"`
	Started   time.Time `json:"started,omitzero"`
	Cgroup    string    `json:"cgroup,omitempty"`    // directory of its control group, if it has one of its own
	HooksDone []string  `json:"hooksDone,omitempty"` // once per sandbox
	HooksRun  bool      `json:"hooksRun,omitempty"`  // since it was started
	// RestFailed is why the hooks in the background ended.
	RestFailed string   `json:"restFailed,omitempty"`
	Probed     string   `json:"probed,omitempty"`  // how the user's shell was asked for its environment since then
	UserEnv    []string `json:"userEnv,omitempty"` // what it sets
}

// VersionError: the state was written by another version of the program, and
// is not guessed at.
type VersionError struct {
	Path         string
	Found, Known int
	Program      string // the version that wrote it, if it says so
}

func (e *VersionError) Error() string {
	return fmt.Sprintf("read %s: written in version %d by sandbox %s; this is version %d", e.Path, e.Found, e.Program, e.Known)
}

// CorruptError: the state is no state, or only a part of one.
type CorruptError struct {
	Path string
	Err  error
}

func (e *CorruptError) Error() string { return fmt.Sprintf("read %s: damaged: %v", e.Path, e.Err) }
func (e *CorruptError) Unwrap() error { return e.Err }

// ReadState reads the state of the sandbox id. It needs no lock: the file is
// only ever replaced as a whole. Errors are os.ErrNotExist, *VersionError,
// *CorruptError or that of reading.
func (s *Store) ReadState(id string) (State, error) {
	path := s.Sandbox(id).State()
	b, err := os.ReadFile(path)
	if err != nil {
		return State{}, fmt.Errorf("read state: %w", err)
	}
	return parseState(path, b)
}

// parseState looks at the versions first: the rest may mean anything.
func parseState(path string, b []byte) (State, error) {
	var head struct {
		Version int    `json:"version"`
		Program string `json:"program"`
		Spec    struct {
			Version int `json:"version"`
		} `json:"spec"`
	}
	err := json.Unmarshal(b, &head)
	switch {
	case head.Version != 0 && head.Version != StateVersion:
		return State{}, &VersionError{path, head.Version, StateVersion, head.Program}
	case err != nil:
		return State{}, &CorruptError{path, err}
	case head.Version == 0:
		return State{}, &CorruptError{path, errors.New("no version")}
	case head.Spec.Version != spec.Version:
		return State{}, &VersionError{path, head.Spec.Version, spec.Version, head.Program}
	}
	var st State
	if err := json.Unmarshal(b, &st); err != nil {
		return State{}, &CorruptError{path, err}
	}
	return st, nil
}

// WriteState replaces the state of the sandbox id: after a crash there is the
// old one or the new one. The caller holds the lock. The versions are set here.
func (s *Store) WriteState(id string, st State) error {
	st.Version, st.Spec.Version = StateVersion, spec.Version
	b, err := json.MarshalIndent(st, "", "  ")
	if err != nil {
		return fmt.Errorf("write state of sandbox %s: %w", id, err)
	}
	if err := replaceFile(s.Sandbox(id).Path(), append(b, '\n')); err != nil {
		return fmt.Errorf("write state of sandbox %s: %w", id, err)
	}
	return nil
}

// replaceFile writes the state file in dir anew. The one that is half written
// has always the same name: a crash leaves one at most, which the next overwrites.
func replaceFile(dir string, b []byte) error {
	return replace(filepath.Join(dir, stateName), filepath.Join(dir, newStateName), b)
}

func replace(path, temp string, b []byte) error {
	err := writeSynced(temp, b)
	if err == nil {
		err = os.Rename(temp, path)
	}
	if err != nil {
		if rerr := os.Remove(temp); rerr != nil && !errors.Is(rerr, fs.ErrNotExist) {
			return errors.Join(err, rerr)
		}
		return err
	}
	return syncDir(filepath.Dir(path)) // the rename itself
}

func writeSynced(path string, b []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	return err
}

func syncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	err = d.Sync()
	if cerr := d.Close(); err == nil {
		err = cerr
	}
	return err
}
