package cli

import (
	"path/filepath"
	"strconv"
	"strings"

	"github.com/rootless-sandbox/sandbox/sandbox"
	"github.com/rootless-sandbox/sandbox/sandbox/testrun"
)

// wantArtifacts has the files that fit copied out when the run has ended. Several runs of one test
// would overwrite each other's in the project: they are copied only to a directory that was named.
func (w *testWorker) wantArtifacts(c, n int, r *sandbox.PristineRun, run *testrun.Run) {
	one := w.cases[c]
	several := w.flags.repeat > 1 || w.flags.untilFail || w.flags.matrix
	if len(one.test.Artifacts) == 0 || several && w.flags.artifacts == "" {
		return
	}
	dir := w.flags.artifacts
	if dir != "" {
		dir = filepath.Join(dir, fileWord(one.title()))
	}
	r.Artifacts = one.test.Artifacts
	r.Take = func(a sandbox.Artifacts) error {
		if several {
			dir = filepath.Join(dir, strconv.Itoa(n))
		}
		written, err := a.CopyTo(dir)
		run.Artifacts = written
		if err != nil {
			run.Notes = append(run.Notes, strings.Split(err.Error(), "\n")...)
		}
		return nil
	}
}

// fileWord makes one file name of a title.
func fileWord(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '/' || r < ' ' {
			return '_'
		}
		return r
	}, strings.TrimLeft(s, "."))
}
