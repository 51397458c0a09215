package job

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// Written counts the files in trees that were written to.
type Written struct {
	Trees []Tree   `json:"trees"`
	Known []string `json:"known,omitempty"` // paths inside that do not count
}

// Tree is a directory, and where it stands inside.
type Tree struct {
	Path string `json:"path"`
	At   string `json:"at"`
}

// run counts what is no directory, deletions too, and answers a Size.
func (w *Written) run() error {
	var s Size
	for _, tree := range w.Trees {
		err := filepath.WalkDir(tree.Path, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			rel, err := filepath.Rel(tree.Path, path)
			if err != nil || slices.Contains(w.Known, filepath.Join(tree.At, rel)) {
				return err
			}
			s.Entries++
			if info, err := d.Info(); err == nil && info.Mode().IsRegular() {
				s.Bytes += info.Size()
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return json.NewEncoder(os.Stdout).Encode(s)
}
