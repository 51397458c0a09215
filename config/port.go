package config

import (
	"net/netip"
	"strconv"
	"strings"
)

// Port is an entry of network.ports.
type Port struct {
	IP     string // empty: 127.0.0.1
	Host   int    // 0: the same as Inside
	Inside int
	Auto   bool // or the next that is free
	UDP    bool // else TCP
}

// Loopback reports whether only this machine reaches it.
func (p Port) Loopback() bool {
	a, err := netip.ParseAddr(p.IP)
	return p.IP == "" || err == nil && a.IsLoopback()
}

// ParsePort reads [IP:][HOST:]INSIDE[/PROTOCOL], where IP is in brackets when it is
// of IPv6, HOST may be the word auto and PROTOCOL is tcp or udp.
func ParsePort(s string) (Port, bool) {
	var p Port
	s, protocol, given := strings.Cut(s, "/")
	if p.UDP = protocol == "udp"; given && !p.UDP && protocol != "tcp" {
		return Port{}, false
	}
	rest := s
	if inner, after, ok := strings.Cut(strings.TrimPrefix(s, "["), "]:"); ok && strings.HasPrefix(s, "[") {
		p.IP, rest = inner, after
	} else if ip, after, ok := strings.Cut(s, ":"); ok && strings.Contains(ip, ".") {
		p.IP, rest = ip, after
	}
	if p.IP != "" {
		a, err := netip.ParseAddr(p.IP)
		if err != nil || a.Zone() != "" || a.Is4In6() || a.Is6() != strings.HasPrefix(s, "[") {
			return Port{}, false
		}
		p.IP = a.String()
	}
	host, inside, two := strings.Cut(rest, ":")
	if !two {
		host, inside = "", rest
	}
	var ok bool
	if p.Inside, ok = portNumber(inside); !ok {
		return Port{}, false
	}
	switch {
	case host == "auto":
		p.Auto = true
	case two:
		if p.Host, ok = portNumber(host); !ok {
			return Port{}, false
		}
	}
	return p, p.IP == "" || two
}

func portNumber(s string) (int, bool) {
	n, err := strconv.Atoi(s)
	return n, err == nil && decimal(s) && n >= 1 && n <= 65535
}

func checkPort(s string) string {
	if _, ok := ParsePort(s); !ok {
		return quoted(s) + " is no port: expected 8080, 8080:80, auto:80, 127.0.0.1:8080:80 or one of these with /udp"
	}
	return ""
}

func checkIP(s string) string {
	if a, err := netip.ParseAddr(s); err != nil || a.Zone() != "" {
		return quoted(s) + " is no IP address"
	}
	return ""
}
