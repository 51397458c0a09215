package watch

import (
	"path"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
)

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
