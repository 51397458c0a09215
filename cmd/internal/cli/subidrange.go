package cli

import (
	"fmt"
	"strconv"
	"strings"
)

// freeRange is the first range of the usual size above those that are given
// out, as FIRST-LAST; the arguments are the contents of subuid(5) and subgid(5).
func freeRange(files ...string) string {
	const first, size = 100000, 65536
	start := first
	for _, text := range files {
		for line := range strings.Lines(text) {
			if end, ok := rangeEnd(line); ok {
				start = max(start, end)
			}
		}
	}
	return fmt.Sprintf("%d-%d", start, start+size-1)
}

// rangeEnd is the first id behind the range of one line NAME:FIRST:COUNT.
func rangeEnd(line string) (int, bool) {
	fields := strings.Split(strings.TrimSpace(line), ":")
	if len(fields) != 3 {
		return 0, false
	}
	first, err := strconv.Atoi(fields[1])
	if err != nil {
		return 0, false
	}
	count, err := strconv.Atoi(fields[2])
	return first + count, err == nil
}
