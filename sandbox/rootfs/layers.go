package rootfs

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// CopyLayers copies layers in the form that overlay takes, the lowest first,
// into one tree. It runs inside a user namespace.
func CopyLayers(layers []string, to string) error {
	for i, from := range layers {
		if i > 0 {
			if err := makeWay(from, to); err != nil {
				return err
			}
		}
		if err := CopyTree(from+"/", to); err != nil {
			return err
		}
		if err := dropWhiteouts(from, to); err != nil {
			return err
		}
	}
	return nil
}

// makeWay removes from the tree what the layer hides or replaces.
func makeWay(layer, tree string) error {
	return filepath.WalkDir(layer, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(layer, path)
		if err != nil || name == "." {
			return err
		}
		below := filepath.Join(tree, name)
		old, err := os.Lstat(below)
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
			return nil
		}
		if err != nil {
			return err
		}
		if d.IsDir() && old.IsDir() && !opaque(path) {
			return nil
		}
		return os.RemoveAll(below)
	})
}

// dropWhiteouts removes the marks themselves, which were copied.
func dropWhiteouts(layer, tree string) error {
	return filepath.WalkDir(layer, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !whiteout(d) {
			return err
		}
		name, err := filepath.Rel(layer, path)
		if err != nil {
			return err
		}
		return os.Remove(filepath.Join(tree, name))
	})
}

// whiteout: a character device 0:0 hides what is below it (the kernel's overlayfs documentation).
func whiteout(d fs.DirEntry) bool {
	if d.Type() != fs.ModeDevice|fs.ModeCharDevice {
		return false
	}
	info, err := d.Info()
	if err != nil {
		return false
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	return ok && st.Rdev == 0
}

// opaque: a directory that hides all of the one below it.
func opaque(dir string) bool {
	var value [1]byte
	n, err := syscall.Getxattr(dir, "user.overlay.opaque", value[:])
	return err == nil && n == 1 && value[0] == 'y'
}
