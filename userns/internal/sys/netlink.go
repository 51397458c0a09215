package sys

import (
	"encoding/binary"
	"syscall"

	"golang.org/x/sys/unix"
)

// Netlink configures the network namespace of this process (rtnetlink(7)). A
// library for it would bring package net along, which every start of a sandbox
// would wait for.
type Netlink struct {
	fd  int
	seq uint32
}

// Prefix is a range of addresses: 4 or 16 bytes, of which so many bits count.
type Prefix struct {
	Addr []byte
	Bits int
}

// OpenNetlink opens a socket; Close closes it.
func OpenNetlink() (*Netlink, error) {
	fd, err := retryFD("socket", "netlink", func() (int, error) {
		return unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_ROUTE)
	})
	if err != nil {
		return nil, err
	}
	return &Netlink{fd: fd}, nil
}

// Close closes the socket.
func (n *Netlink) Close() { Close(n.fd) }

// LinkUp brings an interface up, with an MTU unless that is 0.
func (n *Netlink) LinkUp(index, mtu int) error {
	body := make([]byte, unix.SizeofIfInfomsg)
	binary.NativeEndian.PutUint32(body[4:], uint32(index))
	binary.NativeEndian.PutUint32(body[8:], unix.IFF_UP)  // flags
	binary.NativeEndian.PutUint32(body[12:], unix.IFF_UP) // which of them change
	if mtu > 0 {
		body = attribute(body, unix.IFLA_MTU, uint32Bytes(mtu))
	}
	return n.do("netlink RTM_NEWLINK", unix.RTM_NEWLINK, 0, body)
}

// AddAddress gives an interface an address, at once usable (IFA_F_NODAD).
func (n *Netlink) AddAddress(index int, p Prefix) error {
	body := []byte{family(p.Addr), byte(p.Bits), unix.IFA_F_NODAD, unix.RT_SCOPE_UNIVERSE, 0, 0, 0, 0}
	binary.NativeEndian.PutUint32(body[4:], uint32(index))
	body = attribute(body, unix.IFA_LOCAL, p.Addr)
	body = attribute(body, unix.IFA_ADDRESS, p.Addr)
	return n.do("netlink RTM_NEWADDR", unix.RTM_NEWADDR, unix.NLM_F_CREATE|unix.NLM_F_REPLACE, body)
}

// AddGateway sends what is for nowhere else to an address behind an interface.
func (n *Netlink) AddGateway(index int, addr []byte) error {
	body := routeBody(Prefix{Addr: addr}, unix.RTN_UNICAST)
	body = attribute(body, unix.RTA_OIF, uint32Bytes(index))
	body = attribute(body, unix.RTA_GATEWAY, addr)
	return n.do("netlink RTM_NEWROUTE", unix.RTM_NEWROUTE, unix.NLM_F_CREATE|unix.NLM_F_REPLACE, body)
}

// Keep makes a prefix the namespace's own, whatever interface a program asks for:
// nothing for it leaves through the interface index. An unreachable route would not do: where a program names the
// interface, IPv4 takes a destination without a route to be on the link (ip_route_output_key_hash_rcu).
// For IPv6 it is a rule: routes of an interface are preferred to others when a program
// names the interface, as it must for link-local addresses.
func (n *Netlink) Keep(index int, p Prefix) error {
	if len(p.Addr) == 4 {
		body := routeBody(p, unix.RTN_LOCAL)
		body[4], body[6] = unix.RT_TABLE_LOCAL, unix.RT_SCOPE_HOST
		body = attribute(body, unix.RTA_OIF, uint32Bytes(index))
		return n.do("netlink RTM_NEWROUTE", unix.RTM_NEWROUTE, unix.NLM_F_CREATE|unix.NLM_F_APPEND, body)
	}
	body := []byte{unix.AF_INET6, byte(p.Bits), 0, 0, 0, 0, 0, unix.FR_ACT_UNREACHABLE, 0, 0, 0, 0} // struct fib_rule_hdr
	body = attribute(body, unix.FRA_DST, p.Addr)
	body = attribute(body, unix.FRA_PRIORITY, uint32Bytes(1)) // after the table of local addresses
	return n.do("netlink RTM_NEWRULE", unix.RTM_NEWRULE, unix.NLM_F_CREATE|unix.NLM_F_EXCL, body)
}

func routeBody(p Prefix, kind byte) []byte {
	body := []byte{
		family(p.Addr), byte(p.Bits), 0, 0, unix.RT_TABLE_MAIN, unix.RTPROT_STATIC, unix.RT_SCOPE_UNIVERSE, kind, 0, 0, 0, 0,
	}
	if p.Bits == 0 {
		return body
	}
	return attribute(body, unix.RTA_DST, p.Addr)
}

func family(addr []byte) byte {
	if len(addr) == 4 {
		return unix.AF_INET
	}
	return unix.AF_INET6
}

func uint32Bytes(n int) []byte { return binary.NativeEndian.AppendUint32(nil, uint32(n)) }

// attribute appends one, padded (rtnetlink(3)).
func attribute(b []byte, kind uint16, value []byte) []byte {
	b = binary.NativeEndian.AppendUint16(b, uint16(unix.SizeofRtAttr+len(value)))
	b = binary.NativeEndian.AppendUint16(b, kind)
	b = append(b, value...)
	for len(b)%unix.NLMSG_ALIGNTO != 0 {
		b = append(b, 0)
	}
	return b
}

// do sends a request and waits for its answer.
func (n *Netlink) do(call string, kind uint16, flags int, body []byte) error {
	n.seq++
	msg := binary.NativeEndian.AppendUint32(nil, uint32(unix.SizeofNlMsghdr+len(body)))
	msg = binary.NativeEndian.AppendUint16(msg, kind)
	msg = binary.NativeEndian.AppendUint16(msg, uint16(unix.NLM_F_REQUEST|unix.NLM_F_ACK|flags))
	msg = binary.NativeEndian.AppendUint32(msg, n.seq)
	msg = append(binary.NativeEndian.AppendUint32(msg, 0), body...)
	err := retry(call, "", func() error { return unix.Sendto(n.fd, msg, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}) })
	if err != nil {
		return err
	}
	answer := make([]byte, 4096)
	var size int
	err = retry(call, "", func() (e error) {
		size, _, e = unix.Recvfrom(n.fd, answer, 0)
		return e
	})
	if err != nil {
		return err
	}
	return netlinkError(call, answer[:size])
}

// netlinkError reads an acknowledgement: a header and the number of an error, 0 for none.
func netlinkError(call string, b []byte) error {
	if len(b) < unix.SizeofNlMsghdr+4 || binary.NativeEndian.Uint16(b[4:]) != unix.NLMSG_ERROR {
		return &syscallError{call, unix.EBADMSG}
	}
	if code := int32(binary.NativeEndian.Uint32(b[unix.SizeofNlMsghdr:])); code != 0 {
		return &syscallError{call, syscall.Errno(-code)}
	}
	return nil
}

// NewTun makes a network device that carries IP packets, in this process's
// network namespace, and gives its other end. It lives as long as that.
func NewTun(name string) (fd, index int, err error) { return newDevice(name, unix.IFF_TUN) }

// NewTap makes one that carries Ethernet frames, and stays with the namespace. A
// process that opens it by its name in that namespace has its other end.
func NewTap(name string) (index int, err error) {
	fd, index, err := newDevice(name, unix.IFF_TAP)
	if err != nil {
		return 0, err
	}
	defer Close(fd)
	return index, retry("ioctl TUNSETPERSIST", name, func() error { return unix.IoctlSetInt(fd, unix.TUNSETPERSIST, 1) })
}

func newDevice(name string, kind uint16) (fd, index int, err error) {
	const path = "/dev/net/tun"
	fd, err = retryFD("open", path, func() (int, error) { return unix.Open(path, unix.O_RDWR|unix.O_CLOEXEC|unix.O_NONBLOCK, 0) })
	if err != nil {
		return -1, 0, err
	}
	ifr, err := unix.NewIfreq(name)
	if err == nil {
		ifr.SetUint16(kind | unix.IFF_NO_PI)
		err = retry("ioctl TUNSETIFF", name, func() error { return unix.IoctlIfreq(fd, unix.TUNSETIFF, ifr) })
	}
	if err == nil {
		index, err = interfaceIndex(name)
	}
	if err != nil {
		Close(fd)
		return -1, 0, err
	}
	return fd, index, nil
}

func interfaceIndex(name string) (int, error) {
	fd, err := retryFD("socket", name, func() (int, error) {
		return unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	})
	if err != nil {
		return 0, err
	}
	defer Close(fd)
	ifr, err := unix.NewIfreq(name)
	if err != nil {
		return 0, err
	}
	err = retry("ioctl SIOCGIFINDEX", name, func() error { return unix.IoctlIfreq(fd, unix.SIOCGIFINDEX, ifr) })
	return int(ifr.Uint32()), err
}
