package config

import (
	"net/netip"
	"strings"
	"testing"
)

func TestParseAllow(t *testing.T) {
	for text, want := range map[string]Allow{
		"example.org":        {Host: "example.org"},
		"Example.ORG:443":    {Host: "example.org", Port: 443},
		"*.Example.org":      {Host: "example.org", Below: true},
		"*.example.org:80":   {Host: "example.org", Below: true, Port: 80},
		"localhost-1":        {Host: "localhost-1"},
		"192.0.2.1":          {Prefix: netip.MustParsePrefix("192.0.2.1/32")},
		"192.0.2.1:8080":     {Prefix: netip.MustParsePrefix("192.0.2.1/32"), Port: 8080},
		"10.1.2.3/8":         {Prefix: netip.MustParsePrefix("10.0.0.0/8")},
		"10.0.0.0/8:22":      {Prefix: netip.MustParsePrefix("10.0.0.0/8"), Port: 22},
		"2001:db8::1":        {Prefix: netip.MustParsePrefix("2001:db8::1/128")},
		"[2001:db8::1]:443":  {Prefix: netip.MustParsePrefix("2001:db8::1/128"), Port: 443},
		"[2001:db8::/32]:80": {Prefix: netip.MustParsePrefix("2001:db8::/32"), Port: 80},
		"tool:go":            {Tool: "go"},
	} {
		if got, why := ParseAllow(text); got != want || why != "" {
			t.Errorf("%s: got %+v, %s", text, got, why)
		}
	}
}

func TestParseAllowRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"":                      "expected a host",
		"*":                     "expected a host",
		"*.":                    "expected a host",
		"a.*.b":                 "expected a host",
		"https://example.org":   "no port",
		"example.org/path":      "expected a host",
		"example.org:0":         "no port",
		"example.org:65536":     "no port",
		"example.org:":          "no port",
		"bücher.example":        "expected a host",
		"a b":                   "expected a host",
		"tool:curl":             "no such tool",
		"127.0.0.1:5432":        "network.host_loopback",
		"169.254.169.254":       "network.host_loopback",
		"fe80::1":               "network.host_loopback",
		"[::1]:80":              "network.host_loopback",
		"0.0.0.0":               "network.host_loopback",
		strings.Repeat("a", 64): "expected a host",
	} {
		if got, why := ParseAllow(text); !strings.Contains(why, want) {
			t.Errorf("%q: got %+v, %q", text, got, why)
		}
	}
}

func FuzzParseAllow(f *testing.F) {
	for _, s := range []string{"example.org:443", "*.a", "[::1]:1", "10.0.0.0/8:22", "tool:go"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, why := ParseAllow(s)
		if kinds := b2i(a.Tool != "") + b2i(a.Host != "") + b2i(a.Prefix.IsValid()); why == "" && kinds != 1 {
			t.Errorf("%q: %+v", s, a)
		}
	})
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}
