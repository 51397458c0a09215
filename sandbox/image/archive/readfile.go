package archive

import (
	"archive/tar"
	"bufio"
	"compress/gzip"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"syscall"
)

// maxText bounds what ReadFile reads.
const maxText = 4 << 20

var errNotRegular = errors.New("not a regular file")

// ReadFile reads a small file of a root file system that is a directory or an
// archive, without unpacking it and without leaving it. A missing one is empty.
func ReadFile(rootfs, name string) (string, error) {
	st, err := os.Stat(rootfs)
	if err != nil {
		return "", err
	}
	if st.IsDir() {
		return readInDir(rootfs, name)
	}
	return readInTar(rootfs, name)
}

func readInDir(dir, name string) (string, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return "", err
	}
	defer func() { _ = root.Close() }()
	f, err := root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0) // a FIFO must not make it wait
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }()
	if st, err := f.Stat(); err != nil || !st.Mode().IsRegular() {
		return "", errors.Join(err, &fs.PathError{Op: "read", Path: name, Err: errNotRegular})
	}
	b, err := io.ReadAll(io.LimitReader(f, maxText))
	return string(b), err
}

func readInTar(file, name string) (string, error) {
	f, err := os.Open(file)
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }()
	var r io.Reader = bufio.NewReader(f)
	if head, err := r.(*bufio.Reader).Peek(2); err == nil && head[0] == 0x1f && head[1] == 0x8b {
		if r, err = gzip.NewReader(r); err != nil {
			return "", err
		}
	}
	text := ""
	for t := tar.NewReader(r); ; {
		h, err := t.Next()
		if err == io.EOF {
			return text, nil
		}
		if err != nil {
			return "", err
		}
		if h.Typeflag != tar.TypeReg || path.Clean("/"+h.Name) != "/"+name {
			continue
		}
		b, err := io.ReadAll(io.LimitReader(t, maxText))
		if err != nil {
			return "", err
		}
		text = string(b) // a later entry replaces it, as when unpacking
	}
}
