package sandbox

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/rootless-sandbox/sandbox/sandbox/internal/gitrepo"
)

// Bounds of what comes out of a run.
const (
	maxArtifacts     = 10_000
	maxArtifactBytes = 4 << 30
	maxWalked        = 500_000
)

// Artifacts are files that a run has written, by their patterns. They were made by whatever ran
// inside: only plain files are taken, and none is followed anywhere.
type Artifacts struct {
	dir      string // the writable layer, on the host
	below    string // where the project is in it
	within   string // the project, on the host
	patterns []string
}

// ArtifactError: a file cannot come out.
type ArtifactError struct{ Path, Why string }

func (e *ArtifactError) Error() string { return "artifact " + e.Path + ": " + e.Why }

// artifact is one that fits, by its path relative to the project.
type artifact struct {
	path string
	size int64
	mode fs.FileMode
}

// CopyTo copies them below a directory, which is made; with an empty one into the project itself. It answers
// the paths that were written, relative to that directory. What is refused is an error,
// after the others were copied.
func (a Artifacts) CopyTo(dir string) (written []string, err error) {
	from, err := os.OpenRoot(filepath.Join(a.dir, a.below))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = from.Close() }()
	list, errs := a.find(from)
	keep := func(string) bool { return false }
	if dir == "" {
		dir, keep = a.within, runsOnHost(a.within)
	} else if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	to, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer func() { _ = to.Close() }()
	for _, f := range list {
		err := error(&ArtifactError{f.path, "git or sandbox on this machine acts on it: it does not come out"})
		if !keep(f.path) {
			err = copyOut(from, to, f)
		}
		if err != nil {
			errs = append(errs, err)
			continue
		}
		written = append(written, f.path)
	}
	return written, errors.Join(fewOf(errs)...)
}

// maxRefused is how many refusals are told one by one: whatever ran inside may have made any number of them.
const maxRefused = 20

func fewOf(errs []error) []error {
	if more := len(errs) - maxRefused; more > 0 {
		return append(errs[:maxRefused:maxRefused], &ArtifactError{fmt.Sprintf("and %d more", more), "they do not come out either"})
	}
	return errs
}

// find lists what fits, in the order of the paths.
func (a Artifacts) find(root *os.Root) (found []artifact, errs []error) {
	var total int64
	walked := 0
	err := fs.WalkDir(root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		if walked++; walked > maxWalked {
			return &ArtifactError{name, fmt.Sprintf("more than %d files were written", maxWalked)}
		}
		if err != nil {
			if a.fits(name) {
				errs = append(errs, &ArtifactError{name, cause(err)})
			}
			return nil // what only root inside may read
		}
		if d.IsDir() || !a.fits(name) || whiteoutEntry(d) {
			return nil
		}
		info, err := d.Info()
		switch {
		case err != nil:
			errs = append(errs, &ArtifactError{name, cause(err)})
		case !info.Mode().IsRegular():
			errs = append(errs, &ArtifactError{name, "it is " + kindOfFile(info.Mode()) + ", and only plain files come out"})
		case total+info.Size() > maxArtifactBytes:
			errs = append(errs, &ArtifactError{name, fmt.Sprintf("all together would be more than %d GiB", maxArtifactBytes>>30)})
		case len(found) >= maxArtifacts:
			return &ArtifactError{name, fmt.Sprintf("more than %d files fit", maxArtifacts)}
		default:
			total += info.Size()
			found = append(found, artifact{name, info.Size(), info.Mode().Perm()})
		}
		return nil
	})
	if err != nil {
		errs = append(errs, err)
	}
	return found, errs
}

func (a Artifacts) fits(name string) bool {
	return slices.ContainsFunc(a.patterns, func(p string) bool { return matches(path.Clean(p), name) })
}

// matches: ** stands for any number of directories, the rest is path.Match, part by part.
func matches(pattern, name string) bool {
	head, rest, more := strings.Cut(pattern, "/")
	if head == "**" {
		if !more {
			return true
		}
		for {
			if matches(rest, name) {
				return true
			}
			_, after, ok := strings.Cut(name, "/")
			if !ok {
				return false
			}
			name = after
		}
	}
	first, after, deeper := strings.Cut(name, "/")
	if ok, err := path.Match(head, first); err != nil || !ok {
		return false
	}
	if !more || !deeper {
		return !more && (!deeper || !strings.ContainsAny(head, "*?[")) // a directory's own name stands for all in it
	}
	return matches(rest, after)
}

// copyOut writes beside the place and renames, so that a link there is replaced and never followed.
func copyOut(from, to *os.Root, f artifact) (err error) {
	in, err := from.OpenFile(f.path, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if err != nil {
		return &ArtifactError{f.path, cause(err)}
	}
	defer func() { _ = in.Close() }()
	if err := to.MkdirAll(path.Dir(f.path), 0o755); err != nil {
		return &ArtifactError{f.path, "its directory cannot be made: " + cause(err)}
	}
	part := path.Join(path.Dir(f.path), ".part-"+rand.Text())
	out, err := to.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_EXCL|syscall.O_NOFOLLOW, f.mode&0o777|0o600)
	if err != nil {
		return &ArtifactError{f.path, "cannot be written: " + cause(err)}
	}
	_, err = io.Copy(out, io.LimitReader(in, f.size))
	if err = errors.Join(err, out.Close()); err == nil {
		err = to.Rename(part, f.path)
	}
	if err != nil {
		_ = to.Remove(part)
		return &ArtifactError{f.path, "cannot be written: " + cause(err)}
	}
	return nil
}

// runsOnHost tells which files of a project make programs on this machine act.
func runsOnHost(project string) func(string) bool {
	repo, _ := gitrepo.Find(project)
	protection := repo.Protect(project, "", "", false)
	return func(name string) bool {
		top, _, _ := strings.Cut(strings.ToLower(name), "/")
		if top == ".git" || strings.Contains("/"+strings.ToLower(name)+"/", "/.git/") || strings.HasPrefix(top, ".sandbox.") || strings.HasPrefix(top, ".devcontainer") {
			return true
		}
		return slices.ContainsFunc(protection.Steps, func(s gitrepo.Step) bool {
			return s.How == gitrepo.ReadOnly && moved(filepath.Join(project, name), s.Path, "/") != ""
		})
	}
}

// whiteoutEntry is a file that was removed inside.
func whiteoutEntry(d fs.DirEntry) bool {
	info, err := d.Info()
	if err != nil || d.Type() != fs.ModeDevice|fs.ModeCharDevice {
		return false
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	return ok && st.Rdev == 0
}

func kindOfFile(m fs.FileMode) string {
	switch {
	case m&fs.ModeSymlink != 0:
		return "a symbolic link"
	case m&fs.ModeDevice != 0:
		return "a device"
	case m&fs.ModeNamedPipe != 0:
		return "a pipe"
	case m&fs.ModeSocket != 0:
		return "a socket"
	}
	return "no plain file"
}

// cause is an error of a file without its path, which is said already.
func cause(err error) string {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err.Error()
	}
	return err.Error()
}
