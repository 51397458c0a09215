package gitrepo

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// ignorePaths are tried against each list.
func ignorePaths() []string {
	return []string{
		"a", "b", "ab", "a/b", "a/c", "a/b/c", "b/a", "b/a/c", "x.log", "a/x.log", "a/b/x.log", "build/x", "src/build/x", "a b", "a!", "#a", "!a", "[a]",
		"a/keep", "a/b/keep", "1", "A", "]", "a/1/b", "z/a/b", "a ",
	}
}

// What git itself says is what counts.
func TestIgnoreListIsGits(t *testing.T) {
	for _, list := range []string{
		"a", "a/", "/a", "a/b", "/a/b", "**/b", "a/**", "a/**/c", "**/a/b", "**", "*", "*.log", "/*.log", "a/*", "a/*\n!a/keep", "*\n!a/\n!a/keep",
		"a/**\n!a/keep", "*.log\n!x.log", "[ab]", "[!a]", "[^a]", "[]]", "[!]]", "[[:digit:]]", "[[:upper:]a]", `\#a`, `\!a`, `\[a\]`, "#a", "a ", `a\ `, "a!",
		"?", "a?", "a**b", "**b", "b**", "/", "//", "!", "a//b", "build/", "[", "[a", "\\", "a\\", "a/b\n!a/b", "\ufeffa", "a\r\n!b\r\n*b", "**/**/b", "{a,b}",
	} {
		t.Run(list, func(t *testing.T) { likeGit(t, list) })
	}
}

// likeGit compares the one list of a repository with git's answers.
func likeGit(t *testing.T, list string) {
	t.Helper()
	top, run := freshRepository(t)
	put(t, filepath.Join(top, ".gitignore"), list)
	ours := ParseIgnore(list)
	var paths []string
	for _, p := range ignorePaths() {
		if os.MkdirAll(filepath.Dir(filepath.Join(top, p)), 0o755) != nil {
			continue // a file of that name is there
		}
		if st, err := os.Stat(filepath.Join(top, p)); err == nil && st.IsDir() {
			continue
		}
		put(t, filepath.Join(top, p), "")
		paths = append(paths, p)
	}
	out, _ := run(append([]string{"-C", top, "-c", "core.quotePath=false", "check-ignore", "--"}, paths...)...) // 1: none
	theirs := strings.Split(strings.TrimRight(out, "\n"), "\n")
	for _, p := range paths {
		if got, want := ignoredBelow(ours, p), slices.Contains(theirs, p); got != want {
			t.Errorf("%q: %v, git says %v", p, got, want)
		}
	}
}

// ignoredBelow: what is in an ignored directory cannot be taken back.
func ignoredBelow(l IgnoreList, path string) bool {
	parts := strings.Split(path, "/")
	for i := range parts {
		if ignored, _ := l.Match(strings.Join(parts[:i+1], "/"), i+1 < len(parts)); ignored {
			return true
		}
	}
	return false
}

// A list of somebody else's may hold anything: no answer may take long or panic.
func FuzzIgnoreList(f *testing.F) {
	for _, list := range []string{"a/**\n!a/b", "[", "**/**/**/**/x", "[[:alpha:]", `\`, strings.Repeat("*", 300)} {
		f.Add(list, "a/b/c")
	}
	f.Fuzz(func(t *testing.T, list, path string) {
		if len(list) > 4096 || len(path) > 4096 || path == "" {
			return
		}
		l := ParseIgnore(list)
		for _, dir := range []bool{false, true} {
			if ignored, said := l.Match(path, dir); ignored && !said {
				t.Error("ignored by nothing")
			}
		}
	})
}
