package config_test

import (
	"math"
	"testing"

	"github.com/rootless-sandbox/sandbox/config"
)

func TestParseSize(t *testing.T) {
	for s, want := range map[string]int64{
		"": 0, "1": 1, "64m": 64 << 20, "64M": 64 << 20, "2k": 2048, "3g": 3 << 30, "1T": 1 << 40,
		"9223372036854775807": math.MaxInt64, "8388607t": 8388607 << 40,
	} {
		if got, err := config.ParseSize(s); err != nil || got != want {
			t.Errorf("%s: %d, %v", s, got, err)
		}
	}
	for _, s := range []string{"0", "m", "-1", "+1", "1.5g", "1 m", " 1", "1mb", "64i", "0x1", "01", "9223372036854775808", "8388608t", "1_0", "١"} {
		if got, err := config.ParseSize(s); err == nil {
			t.Errorf("%q: %d", s, got)
		}
	}
}

func TestExpand(t *testing.T) {
	for path, want := range map[string]string{
		"~": "/h", "~/": "/h", "~/a/../b": "/h/b", "/a/./b": "/a/b", "a": "/p/a", "../a": "/a", ".": "/p", "": "/p", "~a": "/p/~a", "a/~": "/p/a/~",
	} {
		if got := config.Expand(path, "/h", "/p"); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
}
