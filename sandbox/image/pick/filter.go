package pick

import (
	"bytes"
	"os"
	"path"

	"github.com/moby/patternmatcher"
	"github.com/moby/patternmatcher/ignorefile"
)

// ReadIgnore reads the text of a .dockerignore.
func ReadIgnore(text []byte) ([]string, error) { return ignorefile.ReadAll(bytes.NewReader(text)) }

// filter leaves files out.
type filter struct {
	root    *os.Root
	matcher *patternmatcher.PatternMatcher // nil: nothing is left out
	known   map[string]bool                // of directories
}

func newFilter(root *os.Root, patterns []string) (*filter, error) {
	f := &filter{root: root, known: map[string]bool{}}
	if len(patterns) == 0 {
		return f, nil
	}
	var err error
	f.matcher, err = patternmatcher.New(patterns)
	return f, err
}

// leaves says whether a file is left out, or a directory with all that is in it.
func (f *filter) leaves(name string) bool {
	if f.matcher == nil || name == "." || name == "" {
		return false
	}
	if known, ok := f.known[name]; ok {
		return known
	}
	matched, err := f.matcher.MatchesOrParentMatches(name)
	if err != nil {
		return true // a pattern that makes no sense was refused; what is this?
	}
	if !matched || !f.matcher.Exclusions() {
		return matched
	}
	info, err := f.root.Lstat(name)
	if err != nil || !info.IsDir() {
		return true
	}
	f.known[name] = true // a circle ends here
	f.known[name] = !f.keepsBelow(name)
	return f.known[name]
}

// keepsBelow: a pattern with ! takes something in a directory back that is left out.
func (f *filter) keepsBelow(dir string) bool {
	d, err := f.root.Open(dir)
	if err != nil {
		return false
	}
	names, err := d.Readdirnames(-1)
	_ = d.Close()
	if err != nil {
		return false
	}
	for _, name := range names {
		if !f.leaves(path.Join(dir, name)) {
			return true
		}
	}
	return false
}
