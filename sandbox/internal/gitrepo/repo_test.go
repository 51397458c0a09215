package gitrepo

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// tree makes files below a new directory; a name that ends in / is a directory, text that begins with -> a
// symbolic link. TOP in a text is the directory.
func tree(t *testing.T, files map[string]string) string {
	t.Helper()
	top, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		path := filepath.Join(top, name)
		text = strings.ReplaceAll(text, "TOP", top)
		err := os.MkdirAll(filepath.Dir(path), 0o755)
		switch to, isLink := strings.CutPrefix(text, "->"); {
		case err != nil:
		case strings.HasSuffix(name, "/"):
			err = os.MkdirAll(path, 0o755)
		case isLink:
			err = os.Symlink(to, path)
		default:
			err = os.WriteFile(path, []byte(text), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return top
}

// repository is a git directory.
func repository(at string, more map[string]string) map[string]string {
	files := map[string]string{at + "/HEAD": "ref: refs/heads/main\n", at + "/objects/": "", at + "/refs/": "", at + "/config": ""}
	for name, text := range more {
		files[name] = text
	}
	return files
}

// TestFind: what a .git file names is taken only when it points back.
func TestFind(t *testing.T) {
	worktree := func(more map[string]string) map[string]string {
		files := repository("m/.git", map[string]string{
			"p/.git": "gitdir: TOP/m/.git/worktrees/w\n", "m/.git/worktrees/w/HEAD": "x", "m/.git/worktrees/w/commondir": "../..\n",
			"m/.git/worktrees/w/gitdir": "TOP/p/.git\n",
		})
		for name, text := range more {
			files[name] = text
		}
		return files
	}
	module := repository("s/.git/modules/p", map[string]string{
		"s/p/.git": "gitdir: ../.git/modules/p\n", "s/.git/modules/p/config": "[core]\n\tworktree = ../../../p\n",
	})
	for name, c := range map[string]struct {
		files         map[string]string
		project, want string
		taken         bool
	}{
		"none":                {map[string]string{"p/": ""}, "p", "", false},
		"own":                 {repository("p/.git", nil), "p", "p/.git p/.git", true},
		"worktree":            {worktree(nil), "p", "m/.git/worktrees/w m/.git outside", true},
		"relative worktree":   {worktree(map[string]string{"p/.git": "gitdir: ../m/.git/worktrees/w\n", "m/.git/worktrees/w/gitdir": "../../../../p/.git\n"}), "p", "m/.git/worktrees/w m/.git outside", true},
		"submodule":           {module, "s/p", "s/.git/modules/p s/.git/modules/p outside", true},
		"in the project":      {repository("p/data", map[string]string{"p/.git": "gitdir: data\n"}), "p", "p/data p/data", true},
		"link":                {map[string]string{"p/.git": "->../m", "m/": ""}, "p", "", false},
		"no text":             {map[string]string{"p/.git": "hello"}, "p", "", false},
		"names nothing":       {map[string]string{"p/.git": "gitdir: /nowhere\n"}, "p", "", false},
		"names a secret":      {map[string]string{"p/.git": "gitdir: TOP/ssh\n", "ssh/id": "key"}, "p", "", false},
		"does not point back": {worktree(map[string]string{"m/.git/worktrees/w/gitdir": "TOP/other/.git\n", "other/.git": ""}), "p", "", false},
		"no common directory": {worktree(map[string]string{"m/.git/worktrees/w/commondir": "TOP/ssh\n", "ssh/id": ""}), "p", "", false},
		"another repository":  {repository("m/.git", map[string]string{"p/.git": "gitdir: TOP/m/.git\n"}), "p", "", false},
		"planted pair": {map[string]string{
			"p/.git": "gitdir: x/worktrees/w\n", "p/x/worktrees/w/HEAD": "x", "p/x/worktrees/w/commondir": "TOP/ssh\n",
			"p/x/worktrees/w/gitdir": "TOP/p/.git\n", "ssh/id": "",
		}, "p", "", false},
		"planted link to a pair": {map[string]string{
			"p/.git": "gitdir: x\n", "p/x": "->TOP/ssh", "ssh/HEAD": "x", "ssh/objects/": "", "ssh/refs/": "", "ssh/config": "",
		}, "p", "", false},
		"around the project": {repository("m/.git", map[string]string{
			"m/.git/p/.git": "gitdir: TOP/m/.git/worktrees/w\n", "m/.git/worktrees/w/HEAD": "x",
			"m/.git/worktrees/w/commondir": "../..\n", "m/.git/worktrees/w/gitdir": "TOP/m/.git/p/.git\n",
		}), "m/.git/p", "", false},
	} {
		t.Run(name, func(t *testing.T) {
			top := tree(t, c.files)
			r, why := Find(filepath.Join(top, c.project))
			got := strings.ReplaceAll(r.Dir+" "+r.Common, top+"/", "")
			if r.Outside {
				got += " outside"
			}
			if c.taken != (r.Dir != "") || c.taken && (got != c.want || why != "") || !c.taken && why == "" && name != "none" {
				t.Errorf("got %q, %q; want %q", got, why, c.want)
			}
		})
	}
}

// TestProtect: which paths, for what the settings say.
func TestProtect(t *testing.T) {
	for name, c := range map[string]struct {
		files map[string]string
		hooks string // the user's own core.hooksPath
		want  []string
		note  string
	}{
		"plain":            {files: nil, want: []string{"pin .git", "readonly .git/hooks", "readonly .git/config"}},
		"own settings":     {files: map[string]string{"p/.git/config": "[extensions]\nworktreeConfig = true\n"}, want: []string{"readonly .git/config.worktree"}},
		"other worktrees":  {files: map[string]string{"p/.git/worktrees/w/HEAD": "x"}, want: []string{"readonly .git/worktrees"}},
		"submodule":        {files: repository("p/.git/modules/a/b", nil), want: []string{"pin .git/modules", "pin .git/modules/a", "pin .git/modules/a/b", "readonly .git/modules/a/b/config", "readonly .git/modules/a/b/hooks"}},
		"hooks elsewhere":  {files: map[string]string{"p/.git/config": "[core]\nhooksPath = .husky/_\n", "p/.husky/_/": ""}, want: []string{"pin .husky", "readonly .husky/_"}},
		"hooks to come":    {files: map[string]string{"p/.git/config": "[core]\nhooksPath = TOP/p/h\n"}, want: []string{"readonly h"}},
		"hooks of all":     {hooks: "git/hooks", want: []string{"readonly git/hooks"}},
		"included":         {files: map[string]string{"p/.git/config": "[include]\npath = ../a\n", "p/a": "[includeIf \"onbranch:x\"]\npath = b/c\n", "p/b/c": ""}, want: []string{"readonly a", "pin b", "readonly b/c"}},
		"included nothing": {files: map[string]string{"p/.git/config": "[include]\npath = ../a\n"}, note: "p/a is named"},
		"hooks by a link":  {files: map[string]string{"p/.git/hooks": "->../h", "p/h/": ""}, note: "hooks is a symbolic link"},
		"redirected":       {files: map[string]string{"p/.git/commondir": "../evil"}, note: "commondir makes git"},
		"path by a link":   {files: map[string]string{"p/.git/config": "[core]\nhooksPath = l/h\n", "p/l": "->.git", "p/.git/h/": ""}, note: "through a symbolic link"},
	} {
		t.Run(name, func(t *testing.T) {
			top := tree(t, repository("p/.git", c.files))
			project := filepath.Join(top, "p")
			r, why := Find(project)
			if why != "" {
				t.Fatal(why)
			}
			p := r.Protect(project, top, c.hooks, false)
			if err := p.Make(); err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, s := range p.Steps {
				got = append(got, s.How+" "+strings.TrimPrefix(s.Path, project+"/"))
				if kindOf(s.Path) == nothing {
					t.Errorf("%s is not there", s.Path)
				}
			}
			for _, want := range c.want {
				if !slices.Contains(got, want) {
					t.Errorf("got %q, want %q", got, want)
				}
			}
			if notes := strings.Join(p.Notes, "\n"); !strings.Contains(notes, c.note) || c.note == "" && notes != "" {
				t.Errorf("got notes %q, want %q", notes, c.note)
			}
		})
	}
}

// TestManyModules: what cannot be protected one by one is protected as a whole.
func TestManyModules(t *testing.T) {
	files := repository("p/.git", nil)
	for i := range maxModules + 1 {
		for name, text := range repository("p/.git/modules/m"+string(rune('a'+i)), nil) {
			files[name] = text
		}
	}
	top := tree(t, files)
	r, _ := Find(top + "/p")
	p := r.Protect(top+"/p", top, "", false)
	if !slices.Contains(p.Steps, Step{ReadOnly, top + "/p/.git/modules"}) || len(p.Notes) != 1 {
		t.Errorf("got %v, %q", p.Steps, p.Notes)
	}
}
