package apt

import (
	"os"
	"path"
	"time"

	"github.com/rootless-sandbox/sandbox/userns"
)

// clampTimes sets every time in the tree that is later than epoch to it. The
// directories come after what is in them only in reading: setting a time does
// not change that of the directory above.
func clampTimes(root *os.Root, epoch time.Time) error {
	if err := clampDir(root, ".", epoch); err != nil {
		return err
	}
	info, err := root.Lstat(".")
	if err == nil && info.ModTime().After(epoch) {
		err = root.Chtimes(".", time.Time{}, epoch)
	}
	return err
}

func clampDir(root *os.Root, dir string, epoch time.Time) error {
	f, err := root.Open(dir)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // read only
	entries, err := f.ReadDir(-1)
	if err != nil {
		return err
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			return err
		}
		if info.ModTime().After(epoch) {
			if err := userns.SetModTime(f, e.Name(), epoch); err != nil {
				return err
			}
		}
		if e.IsDir() {
			if err := clampDir(root, path.Join(dir, e.Name()), epoch); err != nil {
				return err
			}
		}
	}
	return nil
}
