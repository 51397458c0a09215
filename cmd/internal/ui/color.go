package ui

// Paint colours text, or does not. The zero value does not.
type Paint bool

// Good is for what went well.
func (p Paint) Good(s string) string { return p.wrap("32", s) }

// Bad is for what failed.
func (p Paint) Bad(s string) string { return p.wrap("1;31", s) }

// Warn is for what works less well than asked for.
func (p Paint) Warn(s string) string { return p.wrap("33", s) }

// Hint is for what to do next.
func (p Paint) Hint(s string) string { return p.wrap("36", s) }

// Bold is for headings.
func (p Paint) Bold(s string) string { return p.wrap("1", s) }

// Nth tells several things apart that go on side by side.
func (p Paint) Nth(n int, s string) string {
	codes := []string{"36", "33", "32", "35", "34", "96", "93", "92", "95", "94"}
	return p.wrap(codes[n%len(codes)], s)
}

func (p Paint) wrap(code, s string) string {
	if !p {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}
