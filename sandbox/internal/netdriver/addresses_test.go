package netdriver

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
)

func routes(list ...string) []netip.Prefix {
	var out []netip.Prefix
	for _, s := range list {
		out = append(out, netip.MustParsePrefix(s))
	}
	return out
}

func TestChooseAddresses(t *testing.T) {
	for name, c := range map[string]struct {
		routes, routes6 []netip.Prefix
		four, six       string
	}{
		"nothing in the way": {routes("0.0.0.0/0", "192.0.2.0/24"), nil, "10.0.2.100/24", "invalid Prefix"},
		"the usual is taken": {routes("0.0.0.0/0", "10.0.0.0/8"), nil, "172.29.213.100/24", "invalid Prefix"},
		"IPv6":               {nil, routes("::/0", "fe80::/64"), "10.0.2.100/24", "fd00::100/64"},
		"IPv6 is taken":      {nil, routes("::/0", "fd00::/64"), "10.0.2.100/24", "fd73:6e64:6278::100/64"},
		"IPv6 leads nowhere": {nil, routes("fd00::/64"), "10.0.2.100/24", "invalid Prefix"},
	} {
		if a := choose(c.routes, c.routes6); a.IPv4.String() != c.four || a.IPv6.String() != c.six {
			t.Errorf("%s: got %v, %v", name, a.IPv4, a.IPv6)
		}
	}
}

func TestParseRoute(t *testing.T) {
	for line, want := range map[string]string{
		"eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0": "0.0.0.0/0",
		"eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0": "192.0.2.0/24",
		"eth0\t000200C0\t00000000\t0201\t0\t0\t0\t00FFFFFF\t0\t0\t0": "", // refused
		"Iface\tDestination\tGateway\tFlags":                         "", "": "",
	} {
		p, ok := parseRoute(line)
		if ok != (want != "") || ok && p.String() != want {
			t.Errorf("%q: got %v, %v", line, p, ok)
		}
	}
}

func TestParseRoute6(t *testing.T) {
	const zeros = "00000000000000000000000000000000"
	for line, want := range map[string]string{
		zeros + " 00 " + zeros + " 00 fd000000000000000000000000000001 00000400 00000001 00000000 00000003 eth0":      "::/0",
		zeros + " 00 " + zeros + " 00 " + zeros + " ffffffff 00000001 00000000 00200200 lo":                           "",
		"fd000000000000000000000000000000 40 " + zeros + " 00 " + zeros + " 00000100 00000002 00000000 00000001 eth0": "fd00::/64",
		"x": "",
	} {
		p, ok := parseRoute6(line)
		if ok != (want != "") || ok && p.String() != want {
			t.Errorf("%q: got %v, %v", line, p, ok)
		}
	}
}

func FuzzParseRoutes(f *testing.F) {
	f.Add("eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0")
	f.Fuzz(func(t *testing.T, line string) {
		if p, ok := parseRoute(line); ok && !p.IsValid() {
			t.Errorf("%q: %v", line, p)
		}
		if p, ok := parseRoute6(line); ok && !p.IsValid() {
			t.Errorf("%q: %v", line, p)
		}
	})
}

// What pasta and slirp4netns would do by themselves is switched off.
func TestNothingIsLetInByADriver(t *testing.T) {
	target := Target{PID: 1, Addresses: choose(nil, routes("::/0"))}
	for _, want := range []string{"--no-map-gw", "--tcp-ns none", "--udp-ns none", "--tcp-ports none", "--udp-ports none"} {
		if got := strings.Join(pastaArgs(target), " "); !strings.Contains(got, want) {
			t.Errorf("pasta without %s", want)
		}
	}
	if got := strings.Join(slirpArgs(target), " "); !strings.Contains(got, "--disable-host-loopback") {
		t.Error("slirp4netns without --disable-host-loopback")
	}
}

func TestUnknownDriver(t *testing.T) {
	var none *NoneError
	if _, err := Choose("tap"); !errors.As(err, &none) {
		t.Errorf("got %v", err)
	}
}

func TestHelperEndsEarly(t *testing.T) {
	_, err := embedded{"/bin/false"}.Start(Target{Tun: devNull(t)})
	var e *Error
	if !errors.As(err, &e) || e.Driver != Embedded {
		t.Errorf("got %v", err)
	}
	if _, err := (embedded{"/nonexistent"}).Start(Target{Tun: devNull(t)}); !errors.As(err, &e) {
		t.Errorf("got %v", err)
	}
	if _, err := (embedded{"/bin/true"}).Start(Target{}); !errors.As(err, &e) {
		t.Errorf("without an interface: %v", err)
	}
}
