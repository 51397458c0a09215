package userns_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/rootless-sandbox/sandbox/userns"
	"github.com/rootless-sandbox/sandbox/userns/usernstest"
)

// TestBindBelowADirectoryOfAnotherGroup: the namespace's root has no right there, since the
// group is not mapped; the caller has.
func TestBindBelowADirectoryOfAnotherGroup(t *testing.T) {
	usernstest.Require(t, usernstest.UserNS, usernstest.Group)
	top := filepath.Join(t.TempDir(), "top")
	project := filepath.Join(top, "project")
	if err := os.MkdirAll(project, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(project, "f"), []byte("of the host"), 0o644); err != nil {
		t.Fatal(err)
	}
	group, _ := usernstest.OtherGroup()
	if err := os.Chown(top, -1, group); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(top, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, kind := range []string{userns.OpBind, userns.OpReal} {
		s, _ := run(t, launch(t, task{Do: "look", Files: []string{"/mnt/f"}}, userns.Op{Kind: kind, Source: project, Target: "/mnt"}))
		if got := s.Files["/mnt/f"].Text; got != "of the host" {
			t.Errorf("%s: got %q", kind, got)
		}
	}
}
