package gitrepo

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestParseConfig(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"empty":              {"", ""},
		"plain":              {"[user]\n\tname = Ann\n", "user..name=Ann"},
		"small letters":      {"[Core]\n\tHooksPath = X\n", "core..hookspath=X"},
		"one line":           {"[core] bare = false", "core..bare=false"},
		"true":               {"[a]\nb\nc # x\n", "a..b=true a..c=true"},
		"subsection":         {"[includeIf \"gitdir:~/W\\\\/\\\"\"]\npath = x", `includeif.gitdir:~/W\/".path=x`},
		"dotted subsection":  {"[a.B]\nc = d", "a.b.c=d"},
		"quotes and comment": {"[a]\nb = \"x ; y\" z # c\n", "a..b=x ; y z"},
		"blanks":             {"[a]\nb =   x  y   \n", "a..b=x  y"},
		"quoted blank":       {"[a]\nb = \" x \"  \n", "a..b= x "},
		"escapes":            {`[a]` + "\nb = \\t\\\\\\\"", "a..b=\t\\\""},
		"goes on":            {"[a]\nb = x\\\ny\n", "a..b=xy"},
		"CRLF and BOM":       {"\ufeff[a]\r\nb = c\r\n", "a..b=c"},
		"ends at a mistake":  {"[a]\nb = c\n[x\ny = z\n", "a..b=c"},
		"no section":         {"b = c\n", ""},
		"open quote":         {"[a]\nb = \"c\n", ""},
		"empty value":        {"[a]\nb =\n", "a..b="},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, v := range parseConfig(c.text) {
				got = append(got, v.section+"."+v.sub+"."+v.name+"="+v.value)
			}
			if s := strings.Join(got, " "); s != c.want {
				t.Errorf("got %q, want %q", s, c.want)
			}
		})
	}
}

// TestSettingsAreReadBack: by git itself, whatever the name holds.
func TestSettingsAreReadBack(t *testing.T) {
	git, err := exec.LookPath("git")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"Ann", `Ann "A" O'Neil \ ; #x`, " blank ", "日本", "a\nb"} {
		file := filepath.Join(t.TempDir(), "config")
		if err := os.WriteFile(file, []byte(User{Name: name, Email: "a@b"}.Settings()), 0o600); err != nil {
			t.Fatal(err)
		}
		out, _ := exec.Command(git, "config", "--file", file, "user.name").Output()
		want := name
		if strings.Contains(name, "\n") {
			want = "" // no line can hold it
		}
		if got := strings.TrimSuffix(string(out), "\n"); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		if got := parseConfig(User{Name: name}.Settings()); want != "" && got[len(got)-1].value != want {
			t.Errorf("read back %q, want %q", got, want)
		}
	}
}

func FuzzParseConfig(f *testing.F) {
	f.Add("[user]\n\tname = \"A \\\"B\\\"\" # x\n[include]\npath=~/x\\\ny\n[a \"b\\\\\"]\nc")
	f.Fuzz(func(t *testing.T, text string) {
		for _, v := range parseConfig(text) {
			if v.section == "" || v.name == "" || v.name != strings.ToLower(v.name) {
				t.Errorf("got %+v", v)
			}
		}
	})
}

func FuzzFind(f *testing.F) {
	f.Add("gitdir: ../x\n", "../..\n", "/p/.git\n")
	f.Fuzz(func(t *testing.T, link, common, back string) {
		top := t.TempDir()
		dir := filepath.Join(top, "main/.git/worktrees/w")
		if os.MkdirAll(dir, 0o700) != nil || os.Mkdir(filepath.Join(top, "p"), 0o700) != nil {
			t.Fatal("cannot make directories")
		}
		for name, text := range map[string]string{"HEAD": "x", "commondir": common, "gitdir": back} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.WriteFile(filepath.Join(top, "p/.git"), []byte(link), 0o600); err != nil {
			t.Fatal(err)
		}
		if r, why := Find(filepath.Join(top, "p")); r.Dir == "" && why == "" || r.Dir != "" && r.Outside {
			t.Errorf("got %+v, %q: there is no repository to be found", r, why)
		}
	})
}
