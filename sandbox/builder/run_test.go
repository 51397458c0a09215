package builder

import (
	"errors"
	"os"
	"testing"
)

// TestLinksOfFiles: what stands in the place of a file is shown, not written through.
func TestLinksOfFiles(t *testing.T) {
	below, above := t.TempDir(), t.TempDir()
	if err := errors.Join(os.Mkdir(below+"/etc", 0o755), os.Mkdir(above+"/etc", 0o755),
		os.Symlink("../run/resolv.conf", below+"/etc/resolv.conf"), os.Symlink("/elsewhere", below+"/etc/hosts"),
		os.WriteFile(above+"/etc/hosts", nil, 0o644)); err != nil {
		t.Fatal(err)
	}
	w := &stepWork{lower: []string{below, above}}
	for name, want := range map[string]string{
		"/etc/resolv.conf": "/run/resolv.conf", "/etc/hosts": "/etc/hosts", "/etc/hostname": "/etc/hostname",
	} {
		if got := w.followed(name); got != want {
			t.Errorf("%s is at %s, want %s", name, got, want)
		}
	}
}
