package netdriver

import (
	"errors"
	"os"
	"os/exec"
	"strconv"
)

// pasta (passt.top) copies between connections of the host and of the
// namespace where it can, and is the fastest.
type pasta struct{}

func (pasta) Name() string { return Pasta }

func (pasta) Usable() error { return usable(Pasta) }

// usable: the program is there, and the device that it needs.
func usable(name string) error {
	if _, err := Find(name); err != nil {
		return &Error{Driver: name, Err: errors.New("not installed")}
	}
	if err := TunUsable(); err != nil {
		return &Error{Driver: name, Err: err}
	}
	return nil
}

// Find looks for a driver's program where the user's programs are, and where the system
// keeps those that many users do not have in their PATH.
func Find(name string) (string, error) {
	path, err := exec.LookPath(name)
	if err == nil {
		return path, nil
	}
	for _, dir := range []string{"/usr/sbin/", "/sbin/", "/usr/local/sbin/"} {
		if p, err := exec.LookPath(dir + name); err == nil {
			return p, nil
		}
	}
	return "", err
}

// Start: it stays in the foreground, so that it is our child. It has no other
// way to say that it is ready than its process in the background, which is
// nobody's child any more; so we look whether the route is there, the last thing that it makes.
func (pasta) Start(t Target) (*Helper, error) {
	path, err := Find(Pasta)
	if err != nil {
		return nil, &Error{Driver: Pasta, Err: err}
	}
	h, err := startHelper(Pasta, exec.Command(path, pastaArgs(t)...))
	if err != nil {
		return nil, err
	}
	return h, h.await(func() bool { return connected(t) })
}

// pastaArgs: nothing is let in, and nothing of the namespace's loopback is led to
// the host's, which pasta does by itself unless told (pasta(1)).
func pastaArgs(t Target) []string {
	a := t.Addresses
	args := []string{
		"--foreground", "--quiet", "--config-net", "--ns-ifname", a.Interface, "--mtu", strconv.Itoa(a.MTU),
		"--no-map-gw", "--tcp-ports", "none", "--udp-ports", "none", "--tcp-ns", "none", "--udp-ns", "none",
		"--no-dhcp", "--no-dhcpv6", "--no-ra",
		"--address", a.IPv4.Addr().String(), "--netmask", strconv.Itoa(a.IPv4.Bits()), "--gateway", a.Gateway4.String(),
	}
	if a.IPv6.IsValid() {
		args = append(args, "--address", a.IPv6.Addr().String(), "--gateway", a.Gateway6.String())
	} else {
		args = append(args, "--ipv4-only")
	}
	if os.Getuid() == 0 {
		args = append(args, "--runas", "0:0") // or it becomes nobody, whom the namespace is closed to
	}
	return append(args, strconv.Itoa(t.PID))
}
