package builder

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"syscall"

	"github.com/rootless-sandbox/sandbox/sandbox/builder/inputs"
	"github.com/rootless-sandbox/sandbox/sandbox/image/dockerfile"
	"github.com/rootless-sandbox/sandbox/sandbox/image/pick"
)

// readAll reads the Dockerfile and what says which files are not there.
func (b *build) readAll() error {
	b.name, b.text = filepath.Base(b.spec.Dockerfile), b.spec.Text
	if b.spec.Dockerfile != "" {
		text, err := b.read(b.spec.Dockerfile)
		if err != nil {
			return err
		}
		b.text = string(text)
	} else {
		b.name = "Dockerfile"
	}
	f, err := dockerfile.Parse(b.name, []byte(b.text))
	if err != nil {
		return err
	}
	if f.Syntax != "" {
		b.note("syntax", "# syntax="+f.Syntax+" is not fetched: the Dockerfile is read by the parser of this program")
	}
	names := make([]string, 0, len(b.spec.Contexts))
	for name := range b.spec.Contexts {
		names = append(names, name)
	}
	b.plan, err = f.Plan(dockerfile.Options{Target: b.spec.Target, Args: b.spec.Args, Arch: runtime.GOARCH, Contexts: names})
	if err != nil {
		return err
	}
	for _, key := range b.plan.Unused {
		b.note("args", key+": no ARG of the Dockerfile asks for it")
	}
	for _, s := range b.plan.Stages {
		b.stages[s.Index] = &stage{build: b, plan: s}
	}
	return b.readIgnore()
}

// read reads a file that says what to build, and no link.
func (b *build) read(path string) ([]byte, error) {
	b.record.File(path, inputs.Stamp(path))
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if errors.Is(err, syscall.ELOOP) {
		err = &os.PathError{Op: "open", Path: path, Err: errors.New("a symbolic link that leads out of the project, or was put there just now")}
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = &os.PathError{Op: "read", Path: path, Err: errors.New("not a file")}
	}
	if err != nil {
		return nil, err
	}
	text := make([]byte, dockerfile.MaxSize+1)
	n := 0
	for n < len(text) {
		m, err := f.Read(text[n:])
		n += m
		if err != nil || m == 0 {
			break
		}
	}
	return text[:n], nil
}

// readIgnore reads the Dockerfile's own list, or else the context's.
func (b *build) readIgnore() error {
	var names []string
	if b.spec.Dockerfile != "" {
		names = append(names, b.spec.Dockerfile+".dockerignore")
	}
	if b.spec.Context != "" {
		names = append(names, filepath.Join(b.spec.Context, ".dockerignore"))
	}
	for _, name := range names {
		text, err := b.read(name)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err == nil {
			b.ignore, err = pick.ReadIgnore(text)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", filepath.Base(name), err)
		}
		return nil
	}
	return nil
}
