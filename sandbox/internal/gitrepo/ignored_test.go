package gitrepo

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// What git itself says is what counts; where there is no git, the wanted words are.
func TestPublished(t *testing.T) {
	for name, c := range map[string]struct {
		files map[string]string
		dir   string
		want  string
	}{
		"nothing said":            {nil, "", "is not ignored by git"},
		"by its name":             {map[string]string{".gitignore": "# mine\n.sandbox.local.yaml\n"}, "", ""},
		"at the top":              {map[string]string{".gitignore": "/.sandbox.local.yaml\r\n"}, "", ""},
		"at the top, not below":   {map[string]string{".gitignore": "/.sandbox.local.yaml\n"}, "a/b", "is not ignored by git"},
		"below":                   {map[string]string{".gitignore": ".sandbox.local.yaml  \n"}, "a/b", ""},
		"beside it":               {map[string]string{"a/b/.gitignore": "*.local.*\n"}, "a/b", ""},
		"its directory":           {map[string]string{".gitignore": "a/\n"}, "a/b", ""},
		"a file of that name":     {map[string]string{".gitignore": "b/\n"}, "b", ""},
		"any number between":      {map[string]string{".gitignore": "a/**/.sandbox.local.yaml\n"}, "a/b", ""},
		"taken back":              {map[string]string{".gitignore": "*.yaml\n!.sandbox.local.yaml\n"}, "", "is not ignored by git"},
		"taken back below":        {map[string]string{".gitignore": "*.yaml\n", "a/.gitignore": "!*.yaml\n"}, "a", "is not ignored by git"},
		"taken back too late":     {map[string]string{".gitignore": "a/\n", "a/.gitignore": "!*.yaml\n"}, "a", ""},
		"by the repository's own": {map[string]string{".git/info/exclude": ".sandbox.local.yaml\n"}, "", ""},
		"by the user's":           {map[string]string{"excludes": ".sandbox.*.yaml\n"}, "", ""},
		"a name with marks":       {map[string]string{"[a]/.gitignore": "*.yaml\n"}, "[a]", ""},
	} {
		t.Run(name, func(t *testing.T) {
			top, run := freshRepository(t)
			for file, text := range c.files {
				put(t, filepath.Join(top, file), text)
			}
			dir := filepath.Join(top, c.dir)
			put(t, filepath.Join(dir, ".sandbox.local.yaml"), "version: 1\n")
			excludes := filepath.Join(top, "excludes")
			if got := Published(dir, ".sandbox.local.yaml", excludes); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
			out, err := run("-C", dir, "-c", "core.excludesFile="+excludes, "check-ignore", ".sandbox.local.yaml")
			if ignores := err == nil; ignores != (c.want == "") {
				t.Errorf("git: %s, %v", out, err)
			}
		})
	}
}

func TestPublishedInTheIndex(t *testing.T) {
	for _, version := range []string{"2", "3", "4"} {
		top, run := freshRepository(t)
		for _, name := range []string{"a/.sandbox.yaml", "a/.sandbox.local.yaml", "a/b/c", ".gitignore", "z", "new"} {
			put(t, filepath.Join(top, name), "*.local.yaml\n")
		}
		for _, args := range [][]string{{"update-index", "--index-version", version}, {"add", "-f", "a", "z", ".gitignore"}, {"add", "-N", "new"}} {
			if out, err := run(append([]string{"-C", top}, args...)...); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
		}
		if got := Published(top+"/a", ".sandbox.local.yaml", ""); got != "is in the repository" {
			t.Errorf("version %s: %q", version, got)
		}
		if got := Published(top+"/a/b", ".sandbox.local.yaml", ""); got != "" {
			t.Errorf("version %s, another: %q", version, got)
		}
	}
}

func TestPublishedWithoutARepository(t *testing.T) {
	if got := Published(t.TempDir(), ".sandbox.local.yaml", ""); got != "" {
		t.Errorf("%q", got)
	}
}

// freshRepository is a new one, and git without anybody's settings.
func freshRepository(t *testing.T) (top string, run func(args ...string) (string, error)) {
	t.Helper()
	top, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	run = func(args ...string) (string, error) {
		cmd := exec.Command("git", args...)
		cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null")
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	if out, err := run("init", "-q", top); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return top, run
}

func put(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// Whatever an index holds, and whatever rules: an answer, without a panic and soon.
func FuzzPublished(f *testing.F) {
	f.Add([]byte("DIRC\x00\x00\x00\x04\x00\x00\x00\x02"+strings.Repeat("x", 62)+"\x00a/b\x00"), "*\n!a/**/b\n")
	f.Add([]byte("DIRC\x00\x00\x00\x02\xff\xff\xff\xff"+strings.Repeat("\x40", 200)), "[\n**/**/**/**/x\n\\\n!\n/\n")
	f.Fuzz(func(t *testing.T, index []byte, lines string) {
		tracked(index, "a/b")
		var rules []rule
		for line := range strings.Lines(lines) {
			if r, ok := parseRule("a", strings.TrimRight(line, " \r\n")); ok {
				rules = append(rules, r)
			}
		}
		ignored(rules, "a/b/c/d/e/f", false)
	})
}
