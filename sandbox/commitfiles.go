package sandbox

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Bounds of a commit, which may be anybody's.
const (
	maxCommitFiles = 1_000_000
	maxCommitBytes = 16 << 30
	maxLinkText    = 4095
)

// treeFile is one entry of a commit.
type treeFile struct{ mode, id, path string }

// parseTree reads what `git ls-tree -r -z` prints: MODE TYPE ID, a tab, the path, a NUL.
func parseTree(text string) ([]treeFile, error) {
	var out []treeFile
	for text != "" {
		line, rest, ok := strings.Cut(text, "\x00")
		head, name, tab := strings.Cut(line, "\t")
		f := strings.Fields(head)
		if !ok || !tab || len(f) != 3 || strings.Trim(f[2], "0123456789abcdef") != "" {
			return nil, errors.New("git lists its files in a way that is not known")
		}
		if err := plainPath(name); err != nil {
			return nil, err
		}
		if len(out) >= maxCommitFiles {
			return nil, fmt.Errorf("more than %d files", maxCommitFiles)
		}
		out = append(out, treeFile{f[0], f[2], name})
		text = rest
	}
	return out, nil
}

// plainPath refuses what no git would check out.
func plainPath(name string) error {
	for _, part := range strings.Split(name, "/") {
		if part == "" || part == "." || part == ".." || strings.EqualFold(part, ".git") {
			return fmt.Errorf("the path %q is none that git checks out", name)
		}
	}
	return nil
}

// extract writes the files of a commit below a new directory.
func (g gitReader) extract(ctx context.Context, commit, dir string) error {
	text, err := g.text(ctx, "ls-tree", "-r", "-z", "--full-tree", commit)
	if err != nil {
		return err
	}
	files, err := parseTree(text)
	if err != nil {
		return err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	return g.stream(ctx, func(w io.Writer) error { return askFor(w, commit, files) },
		func(r io.Reader) error { return writeFiles(root, bufio.NewReaderSize(r, 1<<16), files) }, "cat-file", "--batch")
}

// askFor names the objects, the commit first.
func askFor(w io.Writer, commit string, files []treeFile) error {
	b := bufio.NewWriter(w)
	_, _ = b.WriteString(commit + "\n")
	for _, f := range files {
		if f.mode != submodule {
			_, _ = b.WriteString(f.id + "\n")
		}
	}
	return b.Flush()
}

// submodule is the mode of a commit in a tree; its files are another repository's.
const submodule = "160000"

// writeFiles reads the objects in the order in which they were asked for.
func writeFiles(root *os.Root, r *bufio.Reader, files []treeFile) error {
	size, err := header(r, "commit")
	if err != nil {
		return err
	}
	text, err := io.ReadAll(io.LimitReader(r, min(size, 1<<20)))
	if err != nil {
		return err
	}
	if _, err := io.CopyN(io.Discard, r, size-int64(len(text))+1); err != nil {
		return err
	}
	at := commitTime(string(text))
	left := int64(maxCommitBytes)
	for _, f := range files {
		if err := root.MkdirAll(path.Dir(f.path), 0o755); err != nil {
			return err
		}
		if f.mode == submodule {
			if err := root.MkdirAll(f.path, 0o755); err != nil {
				return err
			}
			continue
		}
		if err := writeFile(root, r, f, &left, at); err != nil {
			return err
		}
	}
	return nil
}

func writeFile(root *os.Root, r *bufio.Reader, f treeFile, left *int64, at time.Time) error {
	size, err := header(r, "blob")
	if err != nil {
		return err
	}
	if *left -= size; *left < 0 {
		return fmt.Errorf("more than %d GiB", maxCommitBytes>>30)
	}
	if f.mode == "120000" {
		if size > maxLinkText {
			return fmt.Errorf("the link %q is too long", f.path)
		}
		text := make([]byte, size)
		if _, err := io.ReadFull(r, text); err != nil {
			return err
		}
		if err := root.Symlink(string(text), f.path); err != nil {
			return err
		}
	} else if err := writePlain(root, r, f, size, at); err != nil {
		return err
	}
	_, err = r.Discard(1) // the line's end
	return err
}

func writePlain(root *os.Root, r io.Reader, f treeFile, size int64, at time.Time) error {
	mode := os.FileMode(0o644)
	if f.mode == "100755" {
		mode = 0o755
	}
	out, err := root.OpenFile(f.path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	_, err = io.CopyN(out, r, size)
	if err = errors.Join(err, out.Chmod(mode), out.Close()); err != nil {
		return err
	}
	return root.Chtimes(f.path, at, at)
}

// header reads ID TYPE SIZE, or what git says instead.
func header(r *bufio.Reader, kind string) (size int64, err error) {
	line, err := r.ReadString('\n')
	f := strings.Fields(line)
	if err != nil || len(f) != 3 || f[1] != kind {
		return 0, fmt.Errorf("the repository lacks a part of it: %q", filepath.Base(strings.TrimSpace(line)))
	}
	if size, err = strconv.ParseInt(f[2], 10, 64); err != nil || size < 0 {
		return 0, errors.New("git gives an object without a size")
	}
	return size, nil
}

// commitTime is when the commit was made: what is checked out has that time.
func commitTime(text string) time.Time {
	for line := range strings.Lines(text) {
		if line == "\n" {
			break
		}
		if rest, ok := strings.CutPrefix(line, "committer "); ok {
			f := strings.Fields(rest)
			if len(f) >= 2 {
				if n, err := strconv.ParseInt(f[len(f)-2], 10, 64); err == nil && n > 0 && n < 1<<40 {
					return time.Unix(n, 0)
				}
			}
		}
	}
	return time.Unix(pristineEpoch, 0)
}
