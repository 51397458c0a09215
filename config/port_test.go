package config_test

import (
	"testing"

	"github.com/rootless-sandbox/sandbox/config"
)

func TestParsePort(t *testing.T) {
	for text, want := range map[string]config.Port{
		"8080":                {Inside: 8080},
		"8080:80":             {Host: 8080, Inside: 80},
		"auto:80":             {Inside: 80, Auto: true},
		"127.0.0.1:5433:5432": {IP: "127.0.0.1", Host: 5433, Inside: 5432},
		"0.0.0.0:auto:80":     {IP: "0.0.0.0", Inside: 80, Auto: true},
		"[::1]:8080:80":       {IP: "::1", Host: 8080, Inside: 80},
		"53/udp":              {Inside: 53, UDP: true},
		"[::1]:5353:53/udp":   {IP: "::1", Host: 5353, Inside: 53, UDP: true},
		"8080/tcp":            {Inside: 8080},
	} {
		if got, ok := config.ParsePort(text); !ok || got != want {
			t.Errorf("%s: got %+v, %v, want %+v", text, got, ok, want)
		}
	}
	for _, text := range []string{"", ":", "0", "65536", "-1", "08", "1:2:3", "a:80", "::1:80:80", "[127.0.0.1]:80:80", "127.0.0.1:80", "[::1]", "[::1]:80", "[::ffff:127.0.0.1]:1:1", "80:", ":80", "1.2.3:80:80", "[fe80::1%eth0]:1:1", "80/", "80/sctp", "80/udp/udp", "/udp"} {
		if got, ok := config.ParsePort(text); ok {
			t.Errorf("%s: got %+v, want a refusal", text, got)
		}
	}
}

func TestPortLoopback(t *testing.T) {
	for ip, want := range map[string]bool{"": true, "127.0.0.1": true, "::1": true, "127.3.4.5": true, "0.0.0.0": false, "192.0.2.1": false, "::": false} {
		if got := (config.Port{IP: ip}).Loopback(); got != want {
			t.Errorf("%q: got %v", ip, got)
		}
	}
}

func FuzzParsePort(f *testing.F) {
	f.Add("127.0.0.1:8080:80")
	f.Add("[::1]:auto:80")
	f.Fuzz(func(t *testing.T, s string) {
		if p, ok := config.ParsePort(s); ok && (p.Inside < 1 || p.Inside > 65535 || p.Host < 0 || p.Host > 65535) {
			t.Errorf("%q: %+v", s, p)
		}
	})
}
