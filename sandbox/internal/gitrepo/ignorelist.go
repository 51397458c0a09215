package gitrepo

import "strings"

// IgnoreList is what one file of patterns says of the paths below its directory, gitignore(5).
type IgnoreList struct{ rules []rule }

// maxRules bounds one list; a longer one is cut.
const maxRules = 10_000

// ParseIgnore reads the lines of a list.
func ParseIgnore(text string) IgnoreList {
	var l IgnoreList
	for line := range strings.Lines(strings.TrimPrefix(text, "\ufeff")) {
		if r, ok := parseRule("", trimLine(line)); ok && len(l.rules) < maxRules {
			l.rules = append(l.rules, r)
		}
	}
	return l
}

// ReadIgnore reads a list from a file, also through a link if follow says so. What is no small
// regular file has no lines.
func ReadIgnore(path string, follow bool) IgnoreList {
	text, err := readText(path, follow)
	if err != nil {
		return IgnoreList{}
	}
	return ParseIgnore(text)
}

// Empty reports whether the list says nothing at all.
func (l IgnoreList) Empty() bool { return len(l.rules) == 0 }

// Match answers for a path, relative to the list's directory: the last line that matches
// counts. said is false where none does.
func (l IgnoreList) Match(path string, dir bool) (ignored, said bool) {
	if len(l.rules) == 0 {
		return false, false
	}
	parts := strings.Split(path, "/")
	for i := len(l.rules) - 1; i >= 0; i-- {
		if r := l.rules[i]; (dir || !r.dirs) && matches(r.parts, parts) {
			return !r.not, true
		}
	}
	return false, false
}

// WorkTree finds the work tree that a directory is in: its uppermost directory and its
// repository, which has no Dir where there is none.
func WorkTree(dir string) (top string, r Repo) { return above(dir) }
