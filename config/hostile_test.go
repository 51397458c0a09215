package config_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/rootless-sandbox/sandbox/config"
)

// Files that are made to exhaust whoever reads them. Each is refused at a size
// that costs little; a limit that does not hold shows as a test that never ends.
func TestBombs(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"10 MB":             {strings.Repeat("# 345678\n", 10<<20/9), "f: larger than 1 MiB: this is no configuration"},
		"one byte too many": {strings.Repeat("#", 1<<20+1), "f: larger than 1 MiB: this is no configuration"},
		"1 MiB of keys":     {strings.Repeat("abc: def\n", 1<<20/9), "f:6667:6: too long: more than 20000 words and signs"},
		"aliases in steps":  {laughs(), `f:3:1: unknown key "a"`},
		"aliases in a list": {"version: 1\nenv_file: &a [" + strings.Repeat("x,", 90) + "]\nhooks:\n  create:\n" + repeated("    h%d: *a\n", 400),
			"f:2:145: more than 20000 values, with what aliases repeat"},
		"flow nesting":        {"a: " + strings.Repeat("[", 4000) + strings.Repeat("]", 4000), "f:1:19: nested deeper than 16 levels"},
		"open nesting":        {strings.Repeat("{a: ", 4000), "f:1:65: nested deeper than 16 levels"},
		"nesting in one line": {strings.Repeat("- ", 9000) + "a", "f:1:33: nested deeper than 16 levels"},
		"nesting in lines":    {steps(200), "f:17:18: nested deeper than 16 levels"},
		"an endless key":      {strings.Repeat("k", 1<<19) + ": 1", "f:1:524289: a key longer than 256 characters"},
		"anchors in a row":    {"a: " + strings.Repeat("&a ", 9000), "f:1:7: not valid YAML: unexpected scalar value type"},
	} {
		t.Run(name, func(t *testing.T) {
			problems := config.Validate("f", []byte(c.text))
			if len(problems) == 0 {
				t.Fatal("valid")
			}
			if got := problems[0].Error(); got != c.want {
				t.Errorf("got %s\nwant %s", got, c.want)
			}
		})
	}
}

// Letters that show one thing and are another, and numbers beyond all machines.
func TestHostileTexts(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"NUL":                          {"version: 1\nname: a\x00b\n", `f:2:8: the character U+0000 is not allowed; in a text in double quotes write \x00`},
		"DEL":                          {"version: 1\nname: a\x7f\n", `f:2:8: the character U+007F is not allowed; in a text in double quotes write \x7f`},
		"control sequence introducer":  {"version: 1\nname: a\u009b2J\n", `f:2:8: the character U+009B is not allowed; in a text in double quotes write \x9b`},
		"direction in a key":           {"version: 1\n\u2066name: a\n", `f:2:1: the character U+2066 is not allowed; in a text in double quotes write \u2066`},
		"two byte order marks":         {"\ufeff\ufeffversion: 1\n", `f:1:1: unknown key "\ufeffversion"`},
		"UTF-16, big end first":        {"\xfe\xff\x00v", "f:1:1: not UTF-8 text"},
		"surrogate as UTF-8":           {"version: 1\nname: \xed\xa0\x80\n", "f:2:7: not UTF-8 text"},
		"overlong slash":               {"version: 1\nname: \xc0\xaf\n", "f:2:7: not UTF-8 text"},
		"space of no width in a key":   {"version: 1\nima\u200bge: host\n", `f:2:1: unknown key "ima\u200bge"`},
		"letter of another alphabet":   {"version: 1\nim\u0430ge: host\n", "f:2:1: unknown key \"im\u0430ge\""},
		"space that does not break":    {"version: 1\nname:\u00a0a\n", "f:2:1: not valid YAML: non-map value is specified"},
		"line separator in a variable": {"version: 1\nenv: {\"A\\u2028B\": c}\n", `f:2:7: env."A\u2028B": no name for a variable: it is empty, or holds a blank, = or a control character`},
		"variable without a name":      {"version: 1\nenv: {\"\": a}\n", "f:2:7: env.: no name for a variable: it is empty, or holds a blank, = or a control character"},
		"merge key in quotes":          {"version: 1\n\"<<\": {name: a}\n", `f:2:1: unknown key "<<"`},
		"a key twice, Windows":         {"version: 1\r\nname: a\r\nname: b\r\n", "f:3:1: name: is here twice: the first one is on line 2"},
		"version beyond numbers":       {"version: 99999999999999999999\n", `f:1:10: version: expected a whole number, found the text "99999999999999999999"`},
		"port beyond numbers":          {"version: 1\nnetwork: {host_loopback: [99999999999999999999]}\n", `f:2:27: network.host_loopback[0]: expected a whole number, found the text "99999999999999999999"`},
		"infinite":                     {"version: 1\nlimits: {cpus: .inf}\n", `f:2:16: limits.cpus: expected a number, found ".inf"`},
		"not a number":                 {"version: 1\nlimits: {cpus: .nan}\n", `f:2:16: limits.cpus: expected a number, found ".nan"`},
		"digits without end":           {"version: 1\nlimits: {cpus: " + strings.Repeat("9", 400) + "}\n", "f:2:16: limits.cpus: "},
		"a text for no program":        {"version: 1\nenv: {A: " + strings.Repeat("a", 128<<10) + "}\n", "f:2:7: env.A: longer than 131071 bytes, more than a program can be given"},
		"a name without end":           {"version: 1\nenv: {" + strings.Repeat("a", 257) + ": b}\n", "f:2:264: a key longer than 256 characters"},
		"an open text":                 {"version: 1\nname: \"a\n", "f:2:7: not valid YAML: could not find end character of double-quoted text"},
		"a bracket too many":           {"version: 1\npackages: [a]]\n", "f:2:14: not valid YAML"},
		"comments without end":         {strings.Repeat("#\n", 1<<19-1), "too long: more than 20000 words and signs"},
	} {
		t.Run(name, func(t *testing.T) {
			problems := config.Validate("f", []byte(c.text))
			if len(problems) == 0 {
				t.Fatal("valid")
			}
			if got := problems[0].Error(); !strings.Contains(got, c.want) || len(got) > 600 {
				t.Errorf("got %s\nwant %s", got, c.want)
			}
		})
	}
}

// A hostile file does not get to write pages of its own words to the terminal.
func TestNumberOfProblemsIsBounded(t *testing.T) {
	problems := config.Validate("f", []byte("version: 1\n"+repeated("u%d: 1\n", 5000)))
	if len(problems) != 100 {
		t.Errorf("%d problems", len(problems))
	}
	long := config.Validate("f", []byte("version: 1\nname: "+strings.Repeat("N", 1<<19)+"\n"))
	if n := len(long.Error()); n > 300 {
		t.Errorf("a message of %d bytes", n)
	}
}

// A file of ten gigabytes costs no more than one of a mebibyte.
func TestHugeFile(t *testing.T) {
	top := tree(t, map[string]string{"p/.sandbox.yaml": ""})
	path := filepath.Join(top, "p/.sandbox.yaml")
	if err := os.Truncate(path, 10<<30); err != nil {
		t.Fatal(err)
	}
	want := path + ": larger than 1 MiB: this is no configuration"
	if _, err := loaded(t, top, nil, nil); err == nil || err.Error() != want {
		t.Errorf("load: %v", err)
	}
	if err := config.ValidateFile(path).Error(); err != want {
		t.Errorf("validate: %v", err)
	}
}

// What is named by hand may be anything as well.
func TestValidateFile(t *testing.T) {
	top := tree(t, map[string]string{"d/": "", "good.yaml": "version: 1\n", "bad.yaml": "version: 1\nx: 1\n"})
	if err := syscall.Mkfifo(filepath.Join(top, "pipe"), 0o644); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"good.yaml": "", "bad.yaml": `:2:1: unknown key "x"`, "d": ": not a regular file", "pipe": ": not a regular file",
		"none": ": cannot be read: no such file or directory",
	} {
		path := filepath.Join(top, name)
		if want != "" {
			want = path + want
		}
		if got := config.ValidateFile(path).Error(); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}

func repeated(format string, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format, i)
	}
	return b.String()
}

// laughs is the bomb of a billion words, each line ten times the one above.
func laughs() string {
	text := "version: 1\nenv: {}\n"
	last := "a: &a [x,x,x,x,x,x,x,x,x,x]\n"
	for _, name := range strings.Split("bcdefghij", "") {
		up := string(name[0] - 1)
		last += name + ": &" + name + " [" + strings.Repeat("*"+up+",", 10) + "]\n"
	}
	return text + last
}

func steps(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	return b.String()
}
