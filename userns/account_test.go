package userns

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestMergeEntry(t *testing.T) {
	const entry = "me:x:1000:1000::/home/me:/bin/sh"
	const root = "root:x:0:0:root:/root:/bin/sh\n"
	for _, c := range []struct{ name, text, want string }{
		{"empty", "", entry + "\n"},
		{"new", root, root + entry + "\n"},
		{"there already", root + entry + "\n", root + entry + "\n"},
		{"there with another shell", "me:x:1000:5:M:/h:/bin/zsh\n", "me:x:1000:5:M:/h:/bin/zsh\n"},
		{"the id has another name", root + "vscode:x:1000:1::/:/bin/sh\n", root + entry + "\nvscode:x:1000:1::/:/bin/sh\n"},
		{"the name has another id", root + "me:x:7:7::/:/bin/sh\n", root + entry + "\nme:x:7:7::/:/bin/sh\n"},
		{"no line break at the end", "root:x:0:0:root:/root:/bin/sh", root + entry + "\n"},
		{"no line break, in the way", "vscode:x:1000:1::/:/bin/sh", entry + "\nvscode:x:1000:1::/:/bin/sh"},
		{"no line break, there already", entry, entry},
		{"network users", root + "+::::::\n", root + "+::::::\n" + entry + "\n"},
		{"network users, excluded", "-bob::::::\n+@staff\n", "-bob::::::\n+@staff\n" + entry + "\n"},
		{"comments and empty lines", "# users\n\n" + root + "\n", "# users\n\n" + root + "\n" + entry + "\n"},
		{"a comment that looks like it", "#me:x:1000\n", entry + "\n#me:x:1000\n"},
		{"a line that is no entry", "me\nme:x\n", "me\nme:x\n" + entry + "\n"},
		{"later than one in the way", "vscode:x:1000:1::/:/bin/sh\n" + entry + "\n",
			entry + "\nvscode:x:1000:1::/:/bin/sh\n" + entry + "\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := mergeEntry(c.text, entry)
			if got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
			if again := mergeEntry(got, entry); again != got {
				t.Errorf("the second time it changed to\n%s", again)
			}
		})
	}
}

// FuzzMergeEntry: afterwards the name and the id find each other, nothing that
// was there is lost, and merging again changes nothing.
func FuzzMergeEntry(f *testing.F) {
	for _, s := range []string{"", "root:x:0:0:::\n", "+::::::", "me:x:7:\nx:x:1000:", "a:b\n:::\n#\n", "\n\n", "me:x:1000:1:::"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		const entry = "me:x:1000:1000::/home/me:/bin/sh"
		got := mergeEntry(text, entry)
		byName, byID := find(got, func(name, _ string) bool { return name == "me" }), find(got, func(_, id string) bool { return id == "1000" })
		if byName == "" || byName != byID {
			t.Fatalf("the name finds %q, the id %q", byName, byID)
		}
		if again := mergeEntry(got, entry); again != got {
			t.Fatalf("the second time %q became %q", got, again)
		}
		rest := strings.Split(got, "\n")
		for old := range strings.SplitSeq(text, "\n") {
			at := slices.Index(rest, old)
			if at < 0 {
				t.Fatalf("%q is not in %q any more", old, got)
			}
			rest = rest[at+1:]
		}
	})
}

// find gives the first entry that a look-up would.
func find(text string, match func(name, id string) bool) string {
	for line := range strings.SplitSeq(text, "\n") {
		if name, id := keys(line); id != "" && match(name, id) {
			return line
		}
	}
	return ""
}

func TestAddAccount(t *testing.T) {
	b, dir := plainBuilder(t, "bin/zsh=file", "etc/passwd=file:root:x:0:0:::")
	b.User = &Account{Name: "me", UID: 1000, GID: 100, Home: "/home/me"}
	if err := b.addAccount(); err != nil {
		t.Fatal(err)
	}
	wantText(t, dir, "etc/passwd", "root:x:0:0:::\nme:x:1000:100::/home/me:/bin/zsh\n")
	wantText(t, dir, "etc/group", "me:x:100:\n")
	changed, err := os.Stat(filepath.Join(dir, "etc/passwd"))
	if err != nil {
		t.Fatal(err)
	}
	if err := b.addAccount(); err != nil {
		t.Fatal(err)
	}
	again, err := os.Stat(filepath.Join(dir, "etc/passwd"))
	if err != nil || !os.SameFile(changed, again) {
		t.Errorf("a second start wrote it again (%v)", err)
	}
}

func TestAddAccountRefused(t *testing.T) {
	for name, tree := range map[string]string{"a FIFO": "etc/passwd=fifo", "a directory": "etc/passwd=dir"} {
		t.Run(name, func(t *testing.T) {
			b, _ := plainBuilder(t, tree)
			b.User = &Account{Name: "me", UID: 1000, GID: 100, Home: "/"}
			wantNeeds(t, b.addAccount(), NeedsRootfs)
		})
	}
}

func TestFindShell(t *testing.T) {
	for _, c := range []struct{ tree, want string }{
		{"etc=dir", "/bin/sh"}, {"bin/zsh=file", "/bin/zsh"}, {"bin/bash=file", "/bin/bash"},
	} {
		b, _ := plainBuilder(t, c.tree)
		if got := b.findShell(); got != c.want {
			t.Errorf("%s: got %s, want %s", c.tree, got, c.want)
		}
	}
}
