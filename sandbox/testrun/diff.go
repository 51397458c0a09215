package testrun

import (
	"fmt"
	"strings"
)

// maxDiff is how many lines are compared.
const maxDiff = 2000

// Diff is what two outputs differ in: lines with - are the first's alone, with + the second's, with a little of what
// both have around them. Only the beginnings of long ones are compared.
func Diff(a, b []byte) string {
	x, y := linesOf(a), linesOf(b)
	n := 0
	for n < len(x) && n < len(y) && x[n] == y[n] {
		n++
	}
	m := 0
	for m < len(x)-n && m < len(y)-n && x[len(x)-1-m] == y[len(y)-1-m] {
		m++
	}
	var out strings.Builder
	context := func(list []string) {
		for _, line := range list {
			fmt.Fprintf(&out, "  %s\n", line)
		}
	}
	const around = 3
	context(x[max(0, n-around):n])
	common(&out, x[n:len(x)-m], y[n:len(y)-m])
	context(x[len(x)-m : min(len(x), len(x)-m+around)])
	return out.String()
}

func linesOf(text []byte) []string {
	lines := strings.Split(strings.TrimRight(string(text), "\n"), "\n")
	return lines[:min(len(lines), maxDiff)]
}

// common writes a shortest edit by the longest common subsequence.
func common(out *strings.Builder, x, y []string) {
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
			fmt.Fprintf(out, "  %s\n", x[i])
			i, j = i+1, j+1
		case j == len(y) || i < len(x) && long[i+1][j] >= long[i][j+1]:
			fmt.Fprintf(out, "- %s\n", x[i])
			i++
		default:
			fmt.Fprintf(out, "+ %s\n", y[j])
			j++
		}
	}
}
