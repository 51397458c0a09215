package sandbox

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// artifactsIn makes files below a writable layer, by their names, and answers them with a project.
func artifactsIn(t *testing.T, patterns []string, files map[string]string) (a Artifacts, upper, project string) {
	t.Helper()
	upper, project = t.TempDir(), t.TempDir()
	for name, text := range files {
		name = filepath.Join(upper, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o755), os.WriteFile(name, []byte(text), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	return Artifacts{dir: upper, below: ".", within: project, patterns: patterns}, upper, project
}

func TestArtifactsByPattern(t *testing.T) {
	files := map[string]string{"out.txt": "1", "a/b/c.xml": "2", "a/c.xml": "3", "c.xml": "4", "dir/x": "5", "dir/y/z": "6", "other": "7", ".hidden": "8"}
	for _, c := range []struct{ pattern, want string }{
		{"out.txt", "out.txt"},
		{"./out.txt", "out.txt"},
		{"**/*.xml", "a/b/c.xml a/c.xml c.xml"},
		{"a/**/c.xml", "a/b/c.xml a/c.xml"},
		{"*/c.xml", "a/c.xml"},
		{"dir", "dir/x dir/y/z"},
		{"dir/*", "dir/x"},
		{"dir/**", "dir/x dir/y/z"},
		{"*", ".hidden c.xml other out.txt"},
		{"o[tu]*", "other out.txt"},
		{"nothing", ""},
	} {
		a, _, project := artifactsIn(t, []string{c.pattern}, files)
		got, err := a.CopyTo("")
		if err != nil || strings.Join(got, " ") != c.want {
			t.Errorf("%s: %q, %v; want %q", c.pattern, got, err, c.want)
		}
		for _, name := range got {
			if text, err := os.ReadFile(filepath.Join(project, name)); err != nil || string(text) != files[name] {
				t.Errorf("%s: %q, %v", name, text, err)
			}
		}
	}
}

func TestArtifactsAreOnlyPlainFiles(t *testing.T) {
	a, upper, project := artifactsIn(t, []string{"**"}, map[string]string{"plain": "x", "new\nline\x1b[31m": "y"})
	if err := errors.Join(os.Symlink("/etc/passwd", upper+"/link"), os.Symlink("/etc", upper+"/dirlink"), syscall.Mkfifo(upper+"/pipe", 0o644),
		os.Chmod(upper+"/plain", 0o755|os.ModeSetuid)); err != nil {
		t.Fatal(err)
	}
	socket, err := net.Listen("unix", upper+"/s")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = socket.Close() }()
	got, err := a.CopyTo("")
	if !slices.Equal(got, []string{"new\nline\x1b[31m", "plain"}) {
		t.Errorf("came out: %q", got)
	}
	for _, want := range []string{"link: it is a symbolic link", "dirlink: it is a symbolic link", "pipe: it is a pipe", "s: it is a socket"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say %q", err, want)
		}
	}
	if st, err := os.Lstat(project + "/plain"); err != nil || st.Mode() != 0o755 {
		t.Errorf("%v %v", st.Mode(), err)
	}
}

func TestArtifactsFollowNoLinkOfTheProject(t *testing.T) {
	a, _, project := artifactsIn(t, []string{"**"}, map[string]string{"file": "new", "sub/in": "new", "inside/in": "new"})
	outside := t.TempDir()
	if err := errors.Join(os.WriteFile(outside+"/file", []byte("old"), 0o644), os.Symlink(outside+"/file", project+"/file"),
		os.Symlink(outside, project+"/sub"), os.Mkdir(project+"/real", 0o755), os.Symlink("real", project+"/inside")); err != nil {
		t.Fatal(err)
	}
	got, err := a.CopyTo("")
	if !slices.Equal(got, []string{"file", "inside/in"}) || err == nil || !strings.Contains(err.Error(), "artifact sub/in: ") {
		t.Errorf("came out %q, %v", got, err)
	}
	if text, _ := os.ReadFile(outside + "/file"); string(text) != "old" {
		t.Errorf("outside there is %q", text)
	}
	if list, _ := os.ReadDir(outside); len(list) != 1 {
		t.Errorf("outside there are %v", list)
	}
	if st, err := os.Lstat(project + "/file"); err != nil || !st.Mode().IsRegular() {
		t.Errorf("the link was not replaced: %v", err)
	}
}

func TestArtifactsLeaveOtherFilesAlone(t *testing.T) {
	a, _, project := artifactsIn(t, []string{"out", "taken"}, map[string]string{"out": "new", "taken": "new"})
	if err := errors.Join(os.WriteFile(project+"/out.part", []byte("mine"), 0o644), os.MkdirAll(project+"/taken/by", 0o755)); err != nil {
		t.Fatal(err)
	}
	got, err := a.CopyTo("")
	if !slices.Equal(got, []string{"out"}) || err == nil {
		t.Errorf("came out %q, %v", got, err)
	}
	var names []string
	list, _ := os.ReadDir(project)
	for _, d := range list {
		names = append(names, d.Name())
	}
	if !slices.Equal(names, []string{"out", "out.part", "taken"}) {
		t.Errorf("the project has %q", names)
	}
}

func TestArtifactsThatWouldRunOnThisMachine(t *testing.T) {
	files := map[string]string{}
	for _, name := range []string{".git/hooks/post-commit", "sub/.GIT/config", ".sandbox.yaml", ".sandbox.local.yaml", ".devcontainer/devcontainer.json", ".devcontainer.json"} {
		files[name] = "x"
	}
	a, _, project := artifactsIn(t, []string{"**"}, files)
	got, err := a.CopyTo("")
	if len(got) > 0 || strings.Count(fmt.Sprint(err), "does not come out") != len(files) {
		t.Errorf("came out %q, %v", got, err)
	}
	if list, _ := os.ReadDir(project); len(list) > 0 {
		t.Errorf("the project has %v", list)
	}
	elsewhere := filepath.Join(t.TempDir(), "new")
	if got, err = a.CopyTo(elsewhere); err != nil || len(got) != len(files) {
		t.Errorf("to a directory that was named %q, %v", got, err)
	}
}

func TestArtifactsHaveBounds(t *testing.T) {
	a, upper, _ := artifactsIn(t, []string{"**"}, map[string]string{"z": "fine"})
	huge, err := os.Create(upper + "/huge")
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(huge.Truncate(maxArtifactBytes+1), huge.Close()); err != nil {
		t.Fatal(err)
	}
	for i := range 3 * maxRefused {
		if err := os.Symlink("x", fmt.Sprintf("%s/link%d", upper, i)); err != nil {
			t.Fatal(err)
		}
	}
	got, err := a.CopyTo("")
	if !slices.Equal(got, []string{"z"}) || err == nil {
		t.Fatalf("came out %q, %v", got, err)
	}
	lines := strings.Split(err.Error(), "\n")
	if len(lines) != maxRefused+1 || lines[0] != "artifact huge: all together would be more than 4 GiB" || !strings.Contains(lines[maxRefused], "and 41 more") {
		t.Errorf("it is told:\n%v", err)
	}
}

func TestNoArtifactsOfARunThatWroteNothing(t *testing.T) {
	a := Artifacts{dir: filepath.Join(t.TempDir(), "missing"), below: ".", within: t.TempDir(), patterns: []string{"**"}}
	if got, err := a.CopyTo(""); err != nil || len(got) > 0 {
		t.Errorf("%q, %v", got, err)
	}
}
