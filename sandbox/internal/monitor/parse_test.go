package monitor

import (
	"slices"
	"strings"
	"testing"
)

func TestParseServers(t *testing.T) {
	for text, want := range map[string][]string{
		"nameserver 127.0.0.53\noptions edns0\nsearch x\n": {"127.0.0.53"},
		"# none\n": {"127.0.0.1"},
		"nameserver x\nnameserver 192.0.2.1\n nameserver fe80::1%eth0\n":                           {"192.0.2.1", "fe80::1%eth0"},
		"nameserver 192.0.2.1\nnameserver 192.0.2.2\nnameserver 192.0.2.3\nnameserver 192.0.2.4\n": {"192.0.2.1", "192.0.2.2", "192.0.2.3"},
	} {
		if got := parseServers(strings.NewReader(text)); !slices.Equal(got, want) {
			t.Errorf("%q: got %v, want %v", text, got, want)
		}
	}
}

func FuzzParseServers(f *testing.F) {
	f.Add("nameserver 127.0.0.53\n")
	f.Fuzz(func(t *testing.T, text string) {
		if got := parseServers(strings.NewReader(text)); len(got) == 0 || len(got) > 3 {
			t.Errorf("%q: %v", text, got)
		}
	})
}

func TestFirstEphemeral(t *testing.T) {
	if got := firstEphemeral("/nonexistent"); got != 32768 {
		t.Errorf("got %d", got)
	}
	if got := firstEphemeral("/proc/sys/net/ipv4/ip_local_port_range"); got <= firstUnprivileged {
		t.Errorf("got %d", got)
	}
}
