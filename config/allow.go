package config

import (
	"net/netip"
	"slices"
	"strings"
)

// Allow is an entry of network.allow. One of Tool, Host and Prefix is set.
type Allow struct {
	Tool   string       // the hosts that this tool is set up with on this machine
	Host   string       // in small letters
	Below  bool         // *.Host: any name below it, not itself
	Prefix netip.Prefix // addresses
	Port   int          // 0: any
}

// ToolNames are the tools whose hosts can be allowed by tool:NAME.
func ToolNames() []string { return []string{"apt", "git", "go", "npm", "pip"} }

// ParseAllow reads HOST, *.DOMAIN, an address or a range of addresses in CIDR notation, each with
// :PORT or without, or tool:NAME. An IPv6 address with a port is in brackets. why says what is wrong.
func ParseAllow(s string) (a Allow, why string) {
	if tool, ok := strings.CutPrefix(s, "tool:"); ok {
		if slices.Contains(ToolNames(), tool) {
			return Allow{Tool: tool}, ""
		}
		return a, "no such tool: expected one of " + strings.Join(ToolNames(), ", ")
	}
	host := s
	if rest, port, ok := cutPort(s); ok {
		host = rest
		if a.Port, ok = portNumber(port); !ok {
			return a, "no port: a number from 1 to 65535"
		}
	}
	if prefix, ok := parseRange(host); ok {
		if unreachable(prefix) {
			return a, "that is this machine itself, or its link: see network.host_loopback"
		}
		a.Prefix = prefix
		return a, ""
	}
	a.Host, a.Below = strings.CutPrefix(strings.ToLower(host), "*.")
	if !hostName(a.Host) {
		return a, "expected a host, *.domain, an address or a range of addresses, with :port or without, or tool:NAME"
	}
	return a, ""
}

// cutPort takes a port off. A colon of an address that is not in brackets is none of a port.
func cutPort(s string) (host, port string, ok bool) {
	if inner, after, found := strings.Cut(strings.TrimPrefix(s, "["), "]"); found && strings.HasPrefix(s, "[") {
		port, ok = strings.CutPrefix(after, ":")
		return inner, port, ok
	}
	if strings.Count(s, ":") != 1 {
		return s, "", false
	}
	return strings.Cut(s, ":")
}

func parseRange(s string) (netip.Prefix, bool) {
	if p, err := netip.ParsePrefix(s); err == nil {
		return p.Masked(), !p.Addr().Is4In6()
	}
	addr, err := netip.ParseAddr(s)
	if err != nil || addr.Zone() != "" {
		return netip.Prefix{}, false
	}
	addr = addr.Unmap()
	return netip.PrefixFrom(addr, addr.BitLen()), true
}

// unreachable: whoever names it expects something that never works.
func unreachable(p netip.Prefix) bool {
	a := p.Addr()
	return p.Bits() >= 8 && (a.IsLoopback() || a.IsLinkLocalUnicast() || a.IsMulticast()) || p.IsSingleIP() && a.IsUnspecified()
}

// PrivateAddr reports whether an address is of a network that is not everybody's (RFC 1918, 4193, 6598, 6890).
func PrivateAddr(a netip.Addr) bool {
	if a.IsPrivate() {
		return true
	}
	for _, s := range []string{"100.64.0.0/10", "192.0.0.0/24", "198.18.0.0/15", "240.0.0.0/4", "64:ff9b:1::/48", "fec0::/10"} {
		if netip.MustParsePrefix(s).Contains(a) {
			return true
		}
	}
	return false
}

// hostName takes names as DNS has them; those of other scripts are written as xn--.
func hostName(s string) bool {
	if s == "" || len(s) > 253 {
		return false
	}
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > 63 || strings.ContainsFunc(label, func(r rune) bool { return !lowerDigit(r) && r != '-' && r != '_' }) {
			return false
		}
	}
	return true
}

func checkAllow(s string) string {
	if _, why := ParseAllow(s); why != "" {
		return quoted(s) + ": " + why
	}
	return ""
}
