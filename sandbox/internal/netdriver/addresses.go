package netdriver

import (
	"bufio"
	"encoding/binary"
	"encoding/hex"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Addresses are those of the interface inside. They are the same for each driver.
type Addresses struct {
	Interface          string
	MTU                int
	IPv4, IPv6         netip.Prefix // of the sandbox; no IPv6: not valid
	Gateway4, Gateway6 netip.Addr
}

// Kept are the addresses that no sandbox reaches through its interface: loopback
// of the host, link-local ones, and the metadata services of clouds, some of
// which have an address of another kind.
func Kept() []netip.Prefix {
	var out []netip.Prefix
	for _, p := range []string{
		"127.0.0.0/8", "169.254.0.0/16", "100.100.100.200/32", "168.63.129.16/32",
		"::1/128", "fe80::/10", "::ffff:0:0/96", "fd00:ec2::254/128",
	} {
		out = append(out, netip.MustParsePrefix(p))
	}
	return out
}

// mtu is the largest that all drivers take; slirp4netns and pasta are the faster the larger it is.
const mtu = 65520

// Plan chooses the addresses for a driver on this host.
func Plan(driver string) Addresses {
	a := choose(hostRoutes())
	if driver == Slirp4netns && a.IPv6.Masked() != slirpIPv6() {
		a.IPv6, a.Gateway6 = netip.Prefix{}, netip.Addr{} // it has no other
	}
	return a
}

// choose takes ranges that nothing on this host is in: what is, could not be reached from the sandbox.
func choose(routes, routes6 []netip.Prefix) Addresses {
	a := Addresses{Interface: "eth0", MTU: mtu}
	for _, p := range candidates() {
		a.IPv4 = netip.PrefixFrom(at(p, 100), p.Bits())
		a.Gateway4 = at(p, 2)
		if !slices.ContainsFunc(routes, func(r netip.Prefix) bool { return r.Bits() > 0 && r.Overlaps(p) }) {
			break
		}
	}
	if slices.ContainsFunc(routes6, func(r netip.Prefix) bool { return r.Bits() == 0 }) {
		p := slirpIPv6()
		if slices.ContainsFunc(routes6, func(r netip.Prefix) bool { return r.Bits() > 0 && r.Overlaps(p) }) {
			p = netip.MustParsePrefix("fd73:6e64:6278::/64")
		}
		a.IPv6, a.Gateway6 = netip.PrefixFrom(at(p, 0x100), p.Bits()), at(p, 2)
	}
	return a
}

// candidates: the one that people know from other tools, and some that few have.
func candidates() []netip.Prefix {
	var out []netip.Prefix
	for _, p := range []string{"10.0.2.0/24", "10.177.213.0/24", "172.29.213.0/24", "192.168.213.0/24"} {
		out = append(out, netip.MustParsePrefix(p))
	}
	return out
}

// at is the nth address of a range.
func at(p netip.Prefix, n uint16) netip.Addr {
	b := p.Addr().AsSlice()
	binary.BigEndian.PutUint16(b[len(b)-2:], binary.BigEndian.Uint16(b[len(b)-2:])+n)
	a, _ := netip.AddrFromSlice(b)
	return a
}

// hostRoutes reads the host's routes; what cannot be read is none.
func hostRoutes() (routes, routes6 []netip.Prefix) {
	return routesOf("/proc/net/route", parseRoute), routesOf("/proc/net/ipv6_route", parseRoute6)
}

func routesOf(path string, parse func(string) (netip.Prefix, bool)) []netip.Prefix {
	f, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer func() { _ = f.Close() }()
	var out []netip.Prefix
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if p, ok := parse(lines.Text()); ok {
			out = append(out, p)
		}
	}
	return out
}

const rtfReject = 0x200 // linux/route.h

// parseRoute reads a line of /proc/net/route: numbers as the machine stores them.
func parseRoute(line string) (netip.Prefix, bool) {
	f := strings.Fields(line)
	if len(f) < 8 {
		return netip.Prefix{}, false
	}
	dest, err1 := strconv.ParseUint(f[1], 16, 32)
	flags, err2 := strconv.ParseUint(f[3], 16, 32)
	mask, err3 := strconv.ParseUint(f[7], 16, 32)
	if err1 != nil || err2 != nil || err3 != nil || flags&rtfReject != 0 {
		return netip.Prefix{}, false
	}
	var a, m [4]byte
	binary.NativeEndian.PutUint32(a[:], uint32(dest))
	binary.NativeEndian.PutUint32(m[:], uint32(mask))
	bits := 0
	for ones := binary.BigEndian.Uint32(m[:]); ones&(1<<31) != 0; ones <<= 1 {
		bits++
	}
	return netip.PrefixFrom(netip.AddrFrom4(a), bits), true
}

// parseRoute6 reads a line of /proc/net/ipv6_route: destination, length, ..., flags, device.
func parseRoute6(line string) (netip.Prefix, bool) {
	f := strings.Fields(line)
	if len(f) < 10 || f[9] == "lo" {
		return netip.Prefix{}, false
	}
	b, err := hex.DecodeString(f[0])
	bits, err2 := strconv.ParseUint(f[1], 16, 8)
	if err != nil || err2 != nil || len(b) != 16 || bits > 128 {
		return netip.Prefix{}, false
	}
	return netip.PrefixFrom(netip.AddrFrom16([16]byte(b)), int(bits)), true
}

// connected looks into the namespace for the routes that the driver makes last.
func connected(t Target) bool {
	dir := "/proc/" + strconv.Itoa(t.PID) + "/net/"
	isDefault := func(p netip.Prefix) bool { return p.Bits() == 0 }
	if !slices.ContainsFunc(routesOf(dir+"route", parseRoute), isDefault) {
		return false
	}
	return !t.Addresses.IPv6.IsValid() || slices.ContainsFunc(routesOf(dir+"ipv6_route", parseRoute6), isDefault)
}

func deadline() time.Time { return time.Now().Add(startTimeout) }
