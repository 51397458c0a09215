package job

import (
	"os"
	"path"
	"path/filepath"
)

// run removes what is empty and was not there before. What a command put into
// such a directory, or made of such a file, stays.
func (t *Tidy) run() error {
	for _, name := range t.Files {
		info, err := os.Lstat(filepath.Join(t.Root, name))
		if err == nil && info.Mode().IsRegular() && info.Size() == 0 && !t.below(name) {
			if err := os.Remove(filepath.Join(t.Root, name)); err != nil {
				return err
			}
			t.dirs(path.Dir(name))
		}
	}
	for _, name := range t.Dirs {
		t.dirs(name)
	}
	return nil
}

// dirs removes a directory and those above it, as long as they are empty.
func (t *Tidy) dirs(name string) {
	for ; name != "/" && name != "."; name = path.Dir(name) {
		info, err := os.Lstat(filepath.Join(t.Root, name))
		if os.IsNotExist(err) {
			continue
		}
		if err != nil || !info.IsDir() || t.below(name) || os.Remove(filepath.Join(t.Root, name)) != nil {
			return
		}
	}
}

// below: a lower layer has it.
func (t *Tidy) below(name string) bool {
	for _, lower := range t.Lower {
		if _, err := os.Lstat(filepath.Join(lower, name)); err == nil {
			return true
		}
	}
	return false
}
