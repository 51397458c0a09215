package gitrepo

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// maxIndex bounds the index that is looked into: some 400,000 files.
const maxIndex = 48 << 20

// Published says how a file of dir, by its name, gets to others: git has it already, or
// does not ignore it; "" if it does not, or where that is not known. No git is run: in
// a repository of somebody else it would do what its settings say. excludes is the
// caller's own list, or "".
func Published(dir, name, excludes string) string {
	top, r := above(dir)
	rel, err := filepath.Rel(top, filepath.Join(dir, name))
	if r.Dir == "" || err != nil {
		return ""
	}
	if index, ok := readIndex(filepath.Join(r.Dir, "index")); ok {
		if found, known := tracked(index, rel); found || !known {
			return map[bool]string{true: "is in the repository"}[found]
		}
	}
	rules := ignoreRules("", excludes, true)
	rules = append(rules, ignoreRules("", filepath.Join(r.Common, "info/exclude"), false)...)
	parts := strings.Split(rel, "/")
	for i := range parts {
		below := strings.Join(parts[:i], "/")
		rules = append(rules, ignoreRules(below, filepath.Join(top, below, ".gitignore"), false)...)
		if ignored(rules, strings.Join(parts[:i+1], "/"), i+1 < len(parts)) {
			return ""
		}
	}
	return "is not ignored by git"
}

// above is the repository that a directory is in.
func above(dir string) (top string, r Repo) {
	for top = dir; ; top = filepath.Dir(top) {
		if r, _ = Find(top); r.Dir != "" || top == filepath.Dir(top) {
			return top, r
		}
	}
}

func readIndex(path string) ([]byte, bool) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK|syscall.O_NOFOLLOW, 0)
	if err != nil {
		return nil, false
	}
	defer func() { _ = f.Close() }()
	if st, err := f.Stat(); err != nil || !st.Mode().IsRegular() || st.Size() > maxIndex {
		return nil, false
	}
	b, err := io.ReadAll(io.LimitReader(f, maxIndex))
	return b, err == nil
}

// rule is a line of a .gitignore, gitignore(5).
type rule struct {
	parts []string // from the top of the repository on
	not   bool
	dirs  bool // only directories
}

// ignoreRules are those of a file for what is below a directory.
func ignoreRules(below, file string, follow bool) []rule {
	text, err := readText(file, follow)
	if file == "" || err != nil {
		return nil
	}
	var rules []rule
	for line := range strings.Lines(text) {
		if r, ok := parseRule(below, trimLine(line)); ok {
			rules = append(rules, r)
		}
	}
	return rules
}

// trimLine takes off the end of a line, and blanks that no backslash keeps.
func trimLine(line string) string {
	line = strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r")
	for strings.HasSuffix(line, " ") && !strings.HasSuffix(line, `\ `) {
		line = line[:len(line)-1]
	}
	return line
}

// brackets writes sets of characters as path.Match reads them.
func brackets(line string) string {
	if !strings.Contains(line, "[") {
		return line
	}
	return strings.NewReplacer(`\[`, `\[`, "[!]", `[^\]`, "[]", `[\]`, "[!", "[^",
		"[:alpha:]", "a-zA-Z", "[:digit:]", "0-9", "[:alnum:]", "a-zA-Z0-9", "[:upper:]", "A-Z", "[:lower:]", "a-z",
		"[:xdigit:]", "0-9a-fA-F").Replace(line)
}

func parseRule(below, line string) (r rule, ok bool) {
	if line == "" || line[0] == '#' {
		return r, false
	}
	line, r.not = strings.CutPrefix(line, "!")
	line, r.dirs = strings.CutSuffix(line, "/")
	if below != "" {
		r.parts = strings.Split(below, "/")
		for i, p := range r.parts { // they are names, not patterns
			r.parts[i] = strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(p)
		}
	}
	if !strings.Contains(line, "/") {
		r.parts = append(r.parts, "**")
	}
	r.parts = append(r.parts, strings.Split(strings.TrimPrefix(brackets(line), "/"), "/")...)
	if r.parts[len(r.parts)-1] == "**" {
		r.parts = append(r.parts, "*") // what is in a directory, not the directory itself
	}
	return r, strings.Count(line, "**") <= 4 // each multiplies the ways to match
}

// ignored: the last rule that matches counts.
func ignored(rules []rule, path string, dir bool) bool {
	parts := strings.Split(path, "/")
	for i := len(rules) - 1; i >= 0; i-- {
		if r := rules[i]; (dir || !r.dirs) && matches(r.parts, parts) {
			return !r.not
		}
	}
	return false
}
