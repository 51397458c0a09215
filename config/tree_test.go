package config_test

import (
	"os"
	"path/filepath"
	"testing"
)

// tree makes files below a new directory and answers its path without symbolic
// links. A text that starts with "->" makes a symbolic link, a name that ends
// with "/" a directory.
func tree(t *testing.T, files map[string]string) string {
	t.Helper()
	top, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		write(t, filepath.Join(top, name), name, text)
	}
	return top
}

func write(t *testing.T, path, name, text string) {
	t.Helper()
	dir := filepath.Dir(path)
	if name[len(name)-1] == '/' {
		dir = path
	}
	err := os.MkdirAll(dir, 0o755)
	switch {
	case dir == path || err != nil:
	case len(text) > 2 && text[:2] == "->":
		err = os.Symlink(text[2:], path)
	default:
		err = os.WriteFile(path, []byte(text), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}
