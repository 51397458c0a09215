package failure

import (
	"strings"

	"github.com/rootless-sandbox/sandbox/sandbox/internal/lines"
)

// Excerpt is the lines from two before first to two behind last.
func Excerpt(text string, first, last int) (around []string, from int) {
	if first <= 0 {
		return nil, 0
	}
	all := strings.Split(strings.TrimRight(text, "\n"), "\n")
	const before, most = 2, 12
	from = max(1, first-before)
	to := min(len(all), max(first, last)+before, from+most-1)
	for n := from; n <= to; n++ {
		around = append(around, lines.Cut(strings.TrimRight(all[n-1], "\r")))
	}
	return around, from
}
