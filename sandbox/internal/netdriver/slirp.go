package netdriver

import (
	"io"
	"net/netip"
	"os"
	"os/exec"
	"strconv"
)

// slirp is slirp4netns, which older distributions have.
type slirp struct{}

func (slirp) Name() string { return Slirp4netns }

func (slirp) Usable() error { return usable(Slirp4netns) }

// Start: it says by a pipe that it is ready.
func (slirp) Start(t Target) (*Helper, error) {
	path, err := Find(Slirp4netns)
	if err != nil {
		return nil, &Error{Driver: Slirp4netns, Err: err}
	}
	ready, theirs, err := os.Pipe()
	if err != nil {
		return nil, &Error{Driver: Slirp4netns, Err: err}
	}
	defer func() { _ = ready.Close() }()
	cmd := exec.Command(path, slirpArgs(t)...)
	cmd.ExtraFiles = []*os.File{theirs} // 3
	h, err := startHelper(Slirp4netns, cmd)
	_ = theirs.Close()
	if err != nil {
		return nil, err
	}
	_ = ready.SetReadDeadline(deadline())
	if n, _ := io.ReadFull(ready, make([]byte, 1)); n == 1 {
		return h, nil
	}
	h.Close()
	return nil, h.Err()
}

// slirpIPv6 is the one range that it has (RFC 4193).
func slirpIPv6() netip.Prefix { return netip.MustParsePrefix("fd00::/64") }

func slirpArgs(t Target) []string {
	a := t.Addresses
	args := []string{
		"--ready-fd=3", "--mtu=" + strconv.Itoa(a.MTU), "--cidr=" + a.IPv4.Masked().String(),
		"--disable-host-loopback", "--disable-dns", "--enable-seccomp",
	}
	if a.IPv6.IsValid() {
		args = append(args, "--enable-ipv6")
	}
	return append(args, strconv.Itoa(t.PID), a.Interface)
}
