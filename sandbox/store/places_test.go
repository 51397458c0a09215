package store

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestOpenMakesWhatIsMissing(t *testing.T) {
	temp := t.TempDir()
	data, run := filepath.Join(temp, "a", "b", "data"), filepath.Join(temp, "run")
	for range 2 { // the second time all is there
		if _, err := Open(data, run); err != nil {
			t.Fatal(err)
		}
	}
	for _, path := range []string{data, run, filepath.Join(temp, "a")} {
		wantMode(t, path, 0o700)
	}
}

func wantMode(t *testing.T, path string, want fs.FileMode) {
	t.Helper()
	if info, err := os.Stat(path); err != nil || info.Mode() != fs.ModeDir|want {
		t.Errorf("%s: %v (%v), want %v", path, info.Mode(), err, want)
	}
}

func TestOpenTightensOwnDirectories(t *testing.T) {
	temp := t.TempDir()
	data, run := filepath.Join(temp, "data"), filepath.Join(temp, "run")
	for _, path := range []string{data, run} {
		must(os.Mkdir(path, 0o700))
		must(os.Chmod(path, 0o775))
	}
	if _, err := Open(data, run); err != nil {
		t.Fatal(err)
	}
	wantMode(t, data, 0o700)
	wantMode(t, run, 0o700)
}

// A user with a small home directory links the store to a larger disk.
func TestOpenFollowsTheUsersOwnLink(t *testing.T) {
	temp := t.TempDir()
	target := filepath.Join(temp, "large")
	must(os.Mkdir(target, 0o755))
	data := filepath.Join(temp, "data")
	must(os.Symlink(target, data))
	if _, err := Open(data, filepath.Join(temp, "run")); err != nil {
		t.Fatal(err)
	}
	wantMode(t, target, 0o700)
}

func TestOpenRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		make func(path string) // makes the bad place
		in   fs.FileMode       // mode of the directory it is in
		why  string
	}{
		"file":                       {func(p string) { must(os.WriteFile(p, nil, 0o600)) }, 0o755, "not a directory"},
		"link that leads nowhere":    {func(p string) { must(os.Symlink("missing", p)) }, 0o755, "leads nowhere"},
		"link in a shared directory": {func(p string) { must(os.Symlink(filepath.Dir(filepath.Dir(p)), p)) }, fs.ModeSticky | 0o777, "symbolic link"},
		"dangling, in a shared one":  {func(p string) { must(os.Symlink("missing", p)) }, fs.ModeSticky | 0o777, "symbolic link"},
		"group may write, shared":    {mkdirMode(0o770), fs.ModeSticky | 0o777, "open to other users"},
		"others may look, shared":    {mkdirMode(0o701), 0o777, "open to other users"},
		"foreign":                    {foreign, 0o755, "belongs to user"},
	} {
		t.Run(name, func(t *testing.T) {
			temp := t.TempDir()
			place := filepath.Join(temp, "in", "place")
			must(os.Mkdir(filepath.Dir(place), 0o700))
			c.make(place)
			must(os.Chmod(filepath.Dir(place), c.in))
			before, _ := os.Lstat(place)
			good := filepath.Join(temp, "good")
			for _, pair := range [][2]string{{place, good}, {good, place}} {
				_, err := Open(pair[0], pair[1])
				var refused *PlaceError
				if !errors.As(err, &refused) || refused.Path != place || !strings.Contains(err.Error(), c.why) {
					t.Errorf("got %v", err)
				}
			}
			if after, _ := os.Lstat(place); after.Mode() != before.Mode() {
				t.Errorf("mode changed from %v to %v", before.Mode(), after.Mode())
			}
		})
	}
	for _, path := range []string{"", "relative"} {
		var refused *PlaceError
		if _, err := Open(path, t.TempDir()); !errors.As(err, &refused) || refused.Path != path {
			t.Errorf("%q: got %v", path, err)
		}
	}
}

func mkdirMode(mode fs.FileMode) func(string) {
	return func(p string) {
		must(os.Mkdir(p, 0o700))
		must(os.Chmod(p, mode))
	}
}

// foreign makes path lead to a directory of another user: root gives one away,
// everyone else links to one of root's.
func foreign(path string) {
	if os.Getuid() != 0 {
		must(os.Symlink("/usr", path))
		return
	}
	must(os.Mkdir(path, 0o700))
	must(os.Chown(path, 12345, 12345))
}
