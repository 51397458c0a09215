package untar

import (
	"io/fs"
	"os"
	"syscall"
)

// directory is one of the tree. What changes its entries goes through the
// os.Root, except where there is no function for it or where speed counts: that
// takes the descriptor, and only ever names of one part.
type directory struct {
	*os.Root
	file *os.File
}

// fd is valid as long as the directory is.
func (d *directory) fd() (int, error) {
	if d.file == nil {
		f, err := d.Open(".")
		if err != nil {
			return -1, err
		}
		d.file = f
	}
	return int(d.file.Fd()), nil
}

func (d *directory) close() {
	if d.file != nil {
		_ = d.file.Close() // a directory: there is nothing to lose
	}
	_ = d.Close()
}

// create makes a new file to write to; it never opens one that is there.
func (d *directory) create(name string, perm uint32) (int, error) {
	dir, err := d.fd()
	if err != nil {
		return -1, err
	}
	for {
		fd, err := syscall.Openat(dir, name, syscall.O_WRONLY|syscall.O_CREAT|syscall.O_EXCL|syscall.O_NOFOLLOW|syscall.O_CLOEXEC, perm)
		if err == nil {
			return fd, nil
		}
		if err != syscall.EINTR {
			return -1, &fs.PathError{Op: "create", Path: name, Err: err}
		}
	}
}

// mknod makes a FIFO or a whiteout; no other device is ever asked for.
func (d *directory) mknod(name string, mode uint32) error {
	dir, err := d.fd()
	if err != nil {
		return err
	}
	return os.NewSyscallError("mknodat", syscall.Mknodat(dir, name, mode, 0))
}

func writeAll(fd int, p []byte) error {
	for len(p) > 0 {
		n, err := syscall.Write(fd, p)
		if err == syscall.EINTR {
			continue
		}
		if err != nil {
			return os.NewSyscallError("write", err)
		}
		p = p[n:]
	}
	return nil
}
