package userns

import "testing"

func TestWithBlock(t *testing.T) {
	const block = blockBegin + "new\n" + blockEnd
	for name, c := range map[string]struct{ text, want string }{
		"empty":        {"", block},
		"some text":    {"a\nb", block + "a\nb"},
		"earlier one":  {blockBegin + "old\n" + blockEnd + "a\n", block + "a\n"},
		"no end":       {blockBegin + "a\n", block + blockBegin + "a\n"},
		"further down": {"a\n" + blockBegin + "b\n" + blockEnd, block + "a\n" + blockBegin + "b\n" + blockEnd},
	} {
		t.Run(name, func(t *testing.T) {
			if got := withBlock(c.text, "new\n"); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
			if got := withBlock(c.want, "new\n"); got != c.want {
				t.Errorf("the second time got %q", got)
			}
		})
	}
}
