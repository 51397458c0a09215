//go:build !core

package sandbox

import "strings"

// excerpt is the lines from two before first to two behind last.
func excerpt(text string, first, last int) (lines []string, from int) {
	if first <= 0 {
		return nil, 0
	}
	all := strings.Split(strings.TrimRight(text, "\n"), "\n")
	const around, most = 2, 12
	from = max(1, first-around)
	to := min(len(all), max(first, last)+around, from+most-1)
	for n := from; n <= to; n++ {
		line := strings.TrimRight(all[n-1], "\r")
		if len(line) > maxTailLine {
			line = strings.ToValidUTF8(line[:maxTailLine], "") + "..."
		}
		lines = append(lines, line)
	}
	return lines, from
}
