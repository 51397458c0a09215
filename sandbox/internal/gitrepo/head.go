package gitrepo

import (
	"path"
	"path/filepath"
	"strings"
)

// Head is the branch that is checked out, if any, and the commit, as far as plain files say so; see
// gitrepository-layout(5), HEAD and packed-refs.
func (r Repo) Head() (branch, commit string) {
	if r.Dir == "" {
		return "", ""
	}
	text, err := readText(filepath.Join(r.Dir, "HEAD"), false)
	text = strings.TrimSpace(text)
	if err != nil || isCommit(text) {
		return "", text
	}
	name, ok := strings.CutPrefix(text, "ref: ")
	if !ok || path.Clean("/"+name) != "/"+name || !strings.HasPrefix(name, "refs/") || len(name) > 1000 {
		return "", ""
	}
	branch = strings.TrimPrefix(name, "refs/heads/")
	for _, dir := range []string{r.Dir, r.Common} {
		if text, err := readText(filepath.Join(dir, name), false); err == nil && isCommit(strings.TrimSpace(text)) {
			return branch, strings.TrimSpace(text)
		}
	}
	return branch, packed(r.Common, name)
}

// packed looks a name up among those that git has put into one file.
func packed(dir, name string) string {
	text, err := readText(filepath.Join(dir, "packed-refs"), false)
	if err != nil {
		return ""
	}
	for line := range strings.Lines(text) {
		if id, of, ok := strings.Cut(strings.TrimSpace(line), " "); ok && of == name && isCommit(id) {
			return id
		}
	}
	return ""
}

// isCommit: 40 hex digits by SHA-1, 64 by SHA-256.
func isCommit(s string) bool {
	return (len(s) == 40 || len(s) == 64) && strings.Trim(s, "0123456789abcdef") == ""
}
