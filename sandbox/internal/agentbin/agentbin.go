// Package agentbin answers: which file is executed as the first process of a
// sandbox?
//
// A program that was built by the Makefile carries a small one, which is put into
// the data directory when it is first needed. Any other, such as one of `go build`,
// is that process itself.
package agentbin

import (
	"embed"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/rootless-sandbox/sandbox/sandbox/store/place"
)

//go:embed all:files
var files embed.FS

// Path is the file of the carried process; empty when there is none, or when it
// cannot be put where it belongs: then the program itself serves.
func Path() string {
	sum, err := fs.ReadFile(files, "files/agent.sha256")
	if err != nil {
		return ""
	}
	name, _, _ := strings.Cut(string(sum), " ")
	path := filepath.Join(place.Data(os.Getenv), place.AgentPrefix+name[:min(len(name), 16)])
	if !filepath.IsAbs(path) {
		return ""
	}
	want, err := fs.Stat(files, "files/agent")
	if err != nil {
		return ""
	}
	if have, err := os.Lstat(path); err == nil && have.Mode().IsRegular() && have.Size() == want.Size() {
		return path
	}
	if put(path) != nil {
		return "" // read-only or full: whoever needs the directory for more says so
	}
	return path
}

// put writes the file, whole or not at all. Another process may do the same.
func put(path string) error {
	content, err := fs.ReadFile(files, "files/agent")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".agent-")
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	err = errors.Join(err, f.Chmod(0o700), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	removeOlder(path)
	return nil
}

// removeOlder deletes those of other versions; a process that runs one keeps it open.
func removeOlder(path string) {
	older, _ := filepath.Glob(filepath.Join(filepath.Dir(path), place.AgentPrefix+"*"))
	for _, other := range older {
		if other != path {
			_ = os.Remove(other) // of a version in use elsewhere, which puts it back
		}
	}
}
