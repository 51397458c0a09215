package sandbox

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/rootless-sandbox/sandbox/sandbox/internal/gitrepo"
)

// TestPlaces are the directories of what `sandbox test` keeps; they may be missing.
type TestPlaces struct {
	Records string // of what was run
	Passed  string // by the digest of the inputs
	Files   string // digests of a project's files
}

// TestPlaces are this user's.
func (e *Engine) TestPlaces() TestPlaces {
	return TestPlaces{e.store.Tests("records"), e.store.Tests("passed"), e.store.Tests("files")}
}

// pruneTests is the part of Prune: what was noted of tests, and the commits that were taken out.
func (e *Engine) pruneTests(o PruneOptions, out *Pruned) error {
	if !o.All {
		return nil
	}
	top := filepath.Dir(e.store.Tests("records"))
	if _, err := os.Lstat(top); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	out.Other, out.Bytes = append(out.Other, filepath.Base(top)), out.Bytes+treeSize(top)
	if o.DryRun {
		return nil
	}
	return os.RemoveAll(top)
}

// GitHead is where the repository of a project is: its branch, if any, and the commit. Both are empty
// where there is no repository, or none that can be read without git.
func GitHead(project string) (branch, commit string) {
	repo, _ := gitrepo.Find(project)
	return repo.Head()
}
