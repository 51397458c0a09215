package config

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// ParseSize reads a number of bytes: digits, then nothing, k, m, g or t for
// powers of 1024, in either case. The empty size is 0: the kernel's default.
func ParseSize(s string) (int64, error) {
	if s == "" {
		return 0, nil
	}
	digits, shift := s, 0
	if i := strings.IndexByte("kmgt", s[len(s)-1]|0x20); i >= 0 {
		digits, shift = s[:len(s)-1], 10*(i+1)
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || digits[0] < '1' || digits[0] > '9' || n > math.MaxInt64>>shift {
		return 0, fmt.Errorf("size %q: expected a number above 0 with k, m, g or t", s)
	}
	return n << shift, nil
}
