package watch

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rootless-sandbox/sandbox/config"
)

// filterOf makes the filter of a rule over a tree with these lists.
func filterOf(t testing.TB, r Rule, lists map[string]string) *filter {
	t.Helper()
	root := t.TempDir()
	for name, text := range lists {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(root, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(root, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	files := newIgnores(root, "")
	for name := range lists {
		files.read(parent(name))
	}
	files.read("")
	f, err := newFilter(r, files)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestFilter(t *testing.T) {
	for name, c := range map[string]struct {
		rule    Rule
		lists   map[string]string
		wants   string // files, with blanks between
		refuses string
		enters  string // directories
		avoids  string
	}{
		"all": {
			wants: "a a/b .env", refuses: "a~ .a.swp a/.b.swo 4913 .#a #a# a/.DS_Store .git/HEAD node_modules/a x/target/y .goutputstream-1 a.kate-swp b___jb_tmp___",
			enters: "a a/b .github src", avoids: ".git node_modules x/target .venv a/__pycache__",
		},
		"paths": {
			rule:  Rule{Paths: []string{"**/*.go", "go.mod", "docs", "web/*.{ts,tsx}", "cmd/*/main.c", "lib/"}},
			wants: "a.go x/y/b.go go.mod docs docs/a docs/b/c web/a.ts web/a.tsx cmd/x/main.c lib/x", refuses: "x/go.mod web/x/a.ts cmd/main.c web/a.js a.go.txt",
			enters: "x x/y docs docs/b web cmd cmd/x lib",
		},
		"few directories": {
			rule:   Rule{Paths: []string{"*.go", "cmd/*/main.c", "src/**/test/*.py"}},
			enters: "cmd cmd/x src src/a src/a/test", avoids: "x x/y cmd/x/y docs",
		},
		"set of characters": {
			rule: Rule{Paths: []string{"[a-c]/?.x"}}, wants: "a/1.x c/z.x", refuses: "d/1.x a/11.x", enters: "a b", avoids: "d a/b",
		},
		"the rule's own list": {
			rule:  Rule{Ignore: []string{"*.log", "/tmp", "!keep.log", "gen/*", "!gen/mine"}},
			wants: "a keep.log x/keep.log x/tmp gen/mine/a", refuses: "a.log x/y.log tmp tmp/a gen/a gen/b/c",
			enters: "x/tmp gen gen/mine", avoids: "tmp gen/b",
		},
		"nested": {
			lists: map[string]string{".gitignore": "*.out\n!keep.out\nbuild/\n", "sub/.gitignore": "!x.out\n/local\n", "sub/deep/.gitignore": "*\n!a\n"},
			wants: "keep.out sub/x.out sub/deep/a local a", refuses: "a.out sub/y.out sub/local sub/deep/b build/a sub/build/a",
			enters: "sub sub/deep local", avoids: "build sub/build sub/local sub/deep/x",
		},
		"what is in an ignored directory": {
			lists: map[string]string{".gitignore": "a/\n!a/keep\n", "a/.gitignore": "!*\n"}, refuses: "a/keep a/b/keep", avoids: "a a/b",
		},
		"the other list is stronger": {
			lists: map[string]string{".gitignore": "gen\n", ".ignore": "!gen\nother\n"}, wants: "gen/a", refuses: "other", enters: "gen", avoids: "other",
		},
		"taken back by the rule": {
			rule:  Rule{Paths: []string{"**/*.js"}, Ignore: []string{"!node_modules/mine", "!dist", "!.git/hooks/x.js"}},
			lists: map[string]string{".gitignore": "dist\n"},
			wants: "node_modules/mine/a.js dist/b/c.js a.js .git/hooks/x.js", refuses: "node_modules/a.js node_modules/x/b.js dist/b/c.css",
			enters: "node_modules node_modules/mine dist dist/b .git .git/hooks", avoids: "node_modules/x x/node_modules .git/refs",
		},
		"names with marks": {
			rule: Rule{Paths: []string{`\[a\]/*`, "{b"}[:1]}, wants: "[a]/x", refuses: "a/x",
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := filterOf(t, c.rule, c.lists)
			for want, list := range map[bool]string{true: c.wants, false: c.refuses} {
				for _, file := range strings.Fields(list) {
					if f.wants(file) != want {
						t.Errorf("file %s: %v, want %v", file, !want, want)
					}
				}
			}
			for want, list := range map[bool]string{true: c.enters, false: c.avoids} {
				for _, dir := range strings.Fields(list) {
					if f.enters(dir) != want {
						t.Errorf("directory %s: %v, want %v", dir, !want, want)
					}
				}
			}
		})
	}
}

// The lists above the project count, as those of the repository and the user.
func TestFilterInARepository(t *testing.T) {
	top := t.TempDir()
	for name, text := range map[string]string{
		"repo/.git/HEAD": "", "repo/.git/objects/x": "", "repo/.git/refs/x": "", "repo/.git/info/exclude": "*.excluded\n", "repo/.gitignore": "/services/a/out\n*.up\n",
		"repo/services/.gitignore": "a/mid\n", "repo/services/a/.gitignore": "own\n!b.up\n", "mine": "*.mine\n",
	} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(top, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(top, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	files := newIgnores(filepath.Join(top, "repo/services/a"), filepath.Join(top, "mine"))
	files.read("")
	f, err := newFilter(Rule{}, files)
	if err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]bool{
		"x": true, "out": false, "b/out": true, "a.up": false, "b.up": true, "mid": false, "own": false, "c/own": false, "d.excluded": false, "e.mine": false,
	} {
		if f.wants(file) != want {
			t.Errorf("%s: %v, want %v", file, !want, want)
		}
	}
}

// Whatever patterns there are: a file that is wanted is in directories that are watched.
func FuzzFilter(f *testing.F) {
	f.Add("**/*.go", "!a\nb/", "*.x", "a/b/c.go")
	f.Add("{a,b/c}/**", "!node_modules/x", "**", "b/c/node_modules/x/y")
	f.Add("[a-z]*/d", "**/b/**", "!a/**", "a/b/d")
	f.Fuzz(func(t *testing.T, glob, own, list, file string) {
		if config.CheckGlob(glob) != "" || len(own) > 256 || len(list) > 4096 || len(file) > 512 || !filepath.IsLocal(file) ||
			filepath.Clean(file) != file || file == "." || strings.Contains(own+list, "\x00") {
			return
		}
		w := filterOf(t, Rule{Paths: []string{glob}, Ignore: strings.Split(own, "\n")}, map[string]string{".gitignore": list})
		if !w.wants(file) {
			return
		}
		for dir := parent(file); dir != ""; dir = parent(dir) {
			if !w.enters(dir) {
				t.Errorf("%q is wanted, %q is not watched", file, dir)
			}
		}
	})
}
