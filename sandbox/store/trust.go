package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// TrustVersion is the version of Trust as it is written to disk.
const TrustVersion = 1

// maxTrust bounds the file: a configuration has at most 1 MiB, its words in quotes a few times that.
const maxTrust = 16 << 20

// Trust is what the user let one project ask of the host.
type Trust struct {
	Version int       `json:"version"`
	Project string    `json:"project"` // absolute path: a copy elsewhere is another project
	Given   time.Time `json:"given"`
	Digest  string    `json:"digest"` // of Asks, see package sandbox
	Asks    []string  `json:"asks"`   // in the words that were shown, sorted
}

// ReadTrust reads what a project was let: fs.ErrNotExist, *VersionError, *CorruptError.
func (s *Store) ReadTrust(project string) (Trust, error) {
	t, err := readTrust(s.trust(project))
	if err == nil && t.Project != project {
		err = &CorruptError{s.trust(project), fmt.Errorf("it is about %q", t.Project)}
	}
	if err != nil {
		return Trust{}, err
	}
	return t, nil
}

func readTrust(path string) (Trust, error) {
	f, err := os.Open(path)
	if err != nil {
		return Trust{}, fmt.Errorf("read trust: %w", err)
	}
	defer func() { _ = f.Close() }()
	b, err := io.ReadAll(io.LimitReader(f, maxTrust))
	if err != nil {
		return Trust{}, fmt.Errorf("read trust: %w", err)
	}
	return parseTrust(path, b)
}

// parseTrust looks at the version first: the rest may mean anything.
func parseTrust(path string, b []byte) (Trust, error) {
	var head struct {
		Version int `json:"version"`
	}
	err := json.Unmarshal(b, &head)
	switch {
	case err != nil:
		return Trust{}, &CorruptError{path, err}
	case head.Version != TrustVersion:
		return Trust{}, &VersionError{Path: path, Found: head.Version, Known: TrustVersion}
	}
	var t Trust
	if err := json.Unmarshal(b, &t); err != nil {
		return Trust{}, &CorruptError{path, err}
	}
	if t.Project == "" || !filepath.IsAbs(t.Project) || !slices.IsSorted(t.Asks) {
		return Trust{}, &CorruptError{path, errors.New("not as it was written")}
	}
	return t, nil
}

// WriteTrust replaces what the project t.Project was let. The version is set here.
func (s *Store) WriteTrust(t Trust) error {
	t.Version = TrustVersion
	b, err := json.MarshalIndent(t, "", "  ")
	path := s.trust(t.Project)
	if err == nil {
		err = os.MkdirAll(filepath.Dir(path), 0o700)
	}
	if err == nil {
		err = replace(path, path+newSuffix, append(b, '\n'))
	}
	if err != nil {
		return fmt.Errorf("write trust of %s: %w", t.Project, err)
	}
	return nil
}

// RemoveTrust forgets it and reports whether there was any, readable or not.
func (s *Store) RemoveTrust(project string) (bool, error) {
	switch err := os.Remove(s.trust(project)); {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("remove trust of %s: %w", project, err)
	}
	return true, syncDir(filepath.Dir(s.trust(project)))
}

// Trusts are those of all projects, by path. One that cannot be read is left out.
func (s *Store) Trusts() ([]Trust, error) {
	list, err := os.ReadDir(filepath.Join(s.data, trustName))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("list trust: %w", err)
	}
	var all []Trust
	for _, e := range list {
		if !strings.HasSuffix(e.Name(), trustSuffix) {
			continue
		}
		if t, err := readTrust(filepath.Join(s.data, trustName, e.Name())); err == nil {
			all = append(all, t)
		}
	}
	slices.SortFunc(all, func(a, b Trust) int { return strings.Compare(a.Project, b.Project) })
	return all, nil
}
