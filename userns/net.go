package userns

//go:generate go tool msgp -file net.go -tests=false -io=false
//msgp:tuple Net Prefix

import (
	"os"
	"strconv"
	"syscall"

	"github.com/rootless-sandbox/sandbox/userns/internal/sys"
)

// Net is what is made of a new network namespace before anything runs in it.
type Net struct {
	Interface string
	// Tun makes an interface of packets whose other end is Inside.Tun. Without it, it is one of
	// Ethernet frames whose other end a program outside opens by its name in the namespace.
	Tun bool
	// What that program does not do itself, which may be all of it.
	MTU      int
	Own      []Prefix // addresses of the interface
	Gateways [][]byte // of the default routes
	// Kept never leaves through the interface, whatever a program asks for. Nothing inside may change that: it
	// takes CAP_NET_ADMIN.
	Kept []Prefix
}

// Prefix is a range of addresses: 4 or 16 bytes, of which Bits count.
type Prefix struct {
	Addr []byte
	Bits int
}

// network comes before everything else: a program outside goes on with it meanwhile.
func (b *builder) network() error {
	if b.HostNetwork {
		return nil
	}
	if b.Net == nil {
		if err := sys.LoopbackUp(); err != nil {
			return &Error{Op: "bring up", Path: "lo", Err: err}
		}
		return nil
	}
	n, err := sys.OpenNetlink()
	if err != nil {
		return networkError("configure the network", "", err)
	}
	defer n.Close()
	if err := n.LinkUp(loIndex, 0); err != nil {
		return networkError("bring up", "lo", err)
	}
	b.netSettings()
	index, err := b.tunDevice()
	if err != nil {
		return networkError("make network device", b.Net.Interface, err)
	}
	if err := n.LinkUp(index, b.Net.MTU); err != nil {
		return networkError("bring up", b.Net.Interface, err)
	}
	if err := b.keep(n, index); err != nil {
		return err
	}
	if err := b.configure(n, index); err != nil {
		return err
	}
	return b.networked()
}

func networkError(op, path string, err error) error {
	return &Error{Op: op, Path: path, Err: err, Needs: NeedsNetwork}
}

// loIndex is lo's in every network namespace: it is made with it.
const loIndex = 1

// netSettings sets what is only more pleasant. No other machine is on this link, so addresses need not be
// asked for, which takes a second; and ping works without a capability.
func (b *builder) netSettings() {
	const net = "/proc/sys/net/"
	for _, which := range []string{"default", "all"} {
		_ = os.WriteFile(net+"ipv6/conf/"+which+"/accept_dad", []byte("0"), 0)
	}
	low, high := outermost(b.IDs.GIDs)
	_ = os.WriteFile(net+"ipv4/ping_group_range", []byte(strconv.Itoa(low)+" "+strconv.Itoa(high)), 0)
}

// outermost are the ids inside that stand for the least and the greatest outside: the kernel compares those (icmp(7),
// ping_group_range).
func outermost(extents []Extent) (least, greatest int) {
	var low, high int
	for i, e := range extents {
		if i == 0 || e.HostID < low {
			low, least = e.HostID, e.ContainerID
		}
		if last := e.Size - 1; i == 0 || e.HostID+last > high {
			high, greatest = e.HostID+last, e.ContainerID+last
		}
	}
	return least, greatest
}

// tunDevice makes the interface.
func (b *builder) tunDevice() (index int, err error) {
	if !b.Net.Tun {
		return sys.NewTap(b.Net.Interface)
	}
	fd, index, err := sys.NewTun(b.Net.Interface)
	if err == nil {
		b.Tun = os.NewFile(uintptr(fd), b.Net.Interface)
	}
	return index, err
}

// keep keeps what must not leave. A kernel that cannot do it for IPv6 gets no IPv6.
func (b *builder) keep(n *sys.Netlink, index int) error {
	for _, p := range b.Net.Kept {
		err := n.Keep(index, sys.Prefix(p))
		if err != nil && len(p.Addr) == 16 && isUnsupported(err) {
			return b.withoutIPv6(err)
		}
		if err != nil {
			return networkError("keep addresses inside", "", err)
		}
	}
	return nil
}

func isUnsupported(err error) bool {
	e, _ := errnoOf(err)
	return e == uintptr(syscall.EAFNOSUPPORT) || e == uintptr(syscall.EOPNOTSUPP)
}

// withoutIPv6 switches it off; a kernel without the setting has none at all.
func (b *builder) withoutIPv6(why error) error {
	for _, which := range []string{"all", "default"} {
		err := os.WriteFile("/proc/sys/net/ipv6/conf/"+which+"/disable_ipv6", []byte("1"), 0)
		if err != nil && !os.IsNotExist(err) {
			return networkError("switch off IPv6", "", err)
		}
	}
	b.degraded = append(b.degraded, Degradation{"IPv6", "this kernel cannot keep the host's own addresses apart: " + why.Error()})
	return nil
}

func (b *builder) configure(n *sys.Netlink, index int) error {
	for _, p := range b.Net.Own {
		if err := n.AddAddress(index, sys.Prefix(p)); err != nil && !ipv6Missing(p, err) {
			return networkError("add address to", b.Net.Interface, err)
		}
	}
	for _, addr := range b.Net.Gateways {
		if err := n.AddGateway(index, addr); err != nil && !ipv6Missing(Prefix{Addr: addr}, err) {
			return networkError("add route through", b.Net.Interface, err)
		}
	}
	return nil
}

// ipv6Missing: the kernel has none, or it was switched off.
func ipv6Missing(p Prefix, err error) bool {
	e, _ := errnoOf(err)
	return len(p.Addr) == 16 && (isUnsupported(err) || e == uintptr(syscall.EACCES) || e == uintptr(syscall.EPERM) || e == uintptr(syscall.ENODEV))
}
