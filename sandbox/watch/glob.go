package watch

import (
	"errors"
	"path"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
)

// Bounds of one pattern: what matches it is tried for every change of a file.
const (
	maxPattern = 256
	maxStars   = 6 // of "**" in a pattern
)

// Why a pattern is refused.
var (
	errEmpty    = errors.New("is empty")
	errLong     = errors.New("is longer than 256 bytes")
	errStars    = errors.New("has more than six **")
	errAbsolute = errors.New("is absolute: patterns start at the project")
	errClimbs   = errors.New("leads out of the project")
	errNot      = errors.New("begins with !: what is not wanted belongs into ignore")
	errSyntax   = errors.New("has an unfinished [ ] or { }")
	errControl  = errors.New("holds a control character")
)

// CheckGlob says what is wrong with a pattern of paths.
func CheckGlob(pattern string) error {
	switch {
	case pattern == "":
		return errEmpty
	case len(pattern) > maxPattern:
		return errLong
	case strings.ContainsFunc(pattern, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return errControl
	case strings.HasPrefix(pattern, "/"):
		return errAbsolute
	case strings.HasPrefix(pattern, "!"):
		return errNot
	case strings.Count(pattern, "**") > maxStars:
		return errStars
	case !doublestar.ValidatePattern(pattern):
		return errSyntax
	}
	for _, part := range strings.Split(pattern, "/") {
		if part == ".." {
			return errClimbs
		}
	}
	return nil
}

// glob is one pattern of paths.
type glob struct {
	whole string
	below string   // for what is below a directory that the pattern names; "" for none
	parts []string // nil where a part may hold a slash: {a/b,c}
}

func newGlob(pattern string) glob {
	dir := strings.HasSuffix(pattern, "/")
	g := glob{whole: path.Clean(pattern)}
	switch {
	case g.whole == ".":
		g.whole = "**"
	case dir || !strings.ContainsAny(g.whole, `*?[{\`):
		g.below = g.whole + "/**"
	}
	if !strings.Contains(g.whole, "{") {
		g.parts = strings.Split(g.whole, "/")
	}
	return g
}

func (g glob) match(file string) bool {
	return doublestar.MatchUnvalidated(g.whole, file) || g.below != "" && doublestar.MatchUnvalidated(g.below, file)
}

// mayHold reports whether something below a directory can match.
func (g glob) mayHold(dir string) bool {
	if g.parts == nil {
		return true
	}
	for i, part := range strings.Split(dir, "/") {
		switch {
		case i == len(g.parts):
			return g.below != ""
		case g.parts[i] == "**":
			return true
		case !doublestar.MatchUnvalidated(g.parts[i], part):
			return false
		}
	}
	return g.below != "" || strings.Count(dir, "/")+1 < len(g.parts)
}
