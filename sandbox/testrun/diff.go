package testrun

import (
	"strconv"
	"strings"
)

// maxDiff is how many lines are compared.
const maxDiff = 2000

// aroundDiff is how many lines that both have are shown before and after a difference.
const aroundDiff = 3

// Diff is what two outputs differ in: lines with - are the first's alone, with + the second's, with a little of what
// both have around them. Only the beginnings of long ones are compared.
func Diff(a, b []byte) string {
	x, moreX := linesOf(a)
	y, moreY := linesOf(b)
	n := 0
	for n < len(x) && n < len(y) && x[n] == y[n] {
		n++
	}
	m := 0
	for m < len(x)-n && m < len(y)-n && x[len(x)-1-m] == y[len(y)-1-m] {
		m++
	}
	all := both(nil, x[:n])
	all = common(all, x[n:len(x)-m], y[n:len(y)-m])
	all = both(all, x[len(x)-m:])
	text := hunks(all)
	if moreX || moreY {
		text += "[only the first " + strconv.Itoa(maxDiff) + " lines are compared]\n"
	}
	return text
}

// diffLine is a line with - or + before it, or a blank where both have it.
type diffLine struct {
	mark byte
	text string
}

func both(all []diffLine, lines []string) []diffLine {
	for _, line := range lines {
		all = append(all, diffLine{' ', line})
	}
	return all
}

func linesOf(text []byte) (lines []string, more bool) {
	lines = strings.Split(strings.TrimRight(string(text), "\n"), "\n")
	return lines[:min(len(lines), maxDiff)], len(lines) > maxDiff
}

// hunks leaves out what both have, but for a few lines around each difference.
func hunks(all []diffLine) string {
	var out strings.Builder
	near := make([]bool, len(all))
	for i, line := range all {
		if line.mark == ' ' {
			continue
		}
		for j := max(0, i-aroundDiff); j <= min(len(all)-1, i+aroundDiff); j++ {
			near[j] = true
		}
	}
	left := false
	for i, line := range all {
		if !near[i] {
			left = true
			continue
		}
		if left {
			out.WriteString("  ...\n")
			left = false
		}
		out.WriteByte(line.mark)
		out.WriteString(" " + line.text + "\n")
	}
	return out.String()
}

// common is a shortest edit, by the longest common subsequence.
func common(all []diffLine, x, y []string) []diffLine {
	long := make([][]int32, len(x)+1)
	for i := range long {
		long[i] = make([]int32, len(y)+1)
	}
	for i := len(x) - 1; i >= 0; i-- {
		for j := len(y) - 1; j >= 0; j-- {
			if x[i] == y[j] {
				long[i][j] = long[i+1][j+1] + 1
			} else {
				long[i][j] = max(long[i+1][j], long[i][j+1])
			}
		}
	}
	i, j := 0, 0
	for i < len(x) || j < len(y) {
		switch {
		case i < len(x) && j < len(y) && x[i] == y[j]:
			all = append(all, diffLine{' ', x[i]})
			i, j = i+1, j+1
		case j == len(y) || i < len(x) && long[i+1][j] >= long[i][j+1]:
			all = append(all, diffLine{'-', x[i]})
			i++
		default:
			all = append(all, diffLine{'+', y[j]})
			j++
		}
	}
	return all
}
