package monitor

import (
	"cmp"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/rootless-sandbox/sandbox/sandbox/internal/sockets"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

// forwards are the ports of the host that lead inside.
type forwards struct {
	dial    func(netip.AddrPort) (*net.TCPConn, error)
	dialUDP func(netip.AddrPort) (*net.UDPConn, error)
	idle    idle

	mu     sync.Mutex
	list   map[place]*forward
	closed bool
}

// place is where one begins.
type place struct {
	at  netip.AddrPort // of the host
	udp bool
}

// forward is one of them.
type forward struct {
	said    spec.Forward
	targets []netip.AddrPort // to try, in order
	dial    func(netip.AddrPort) (*net.TCPConn, error)
	dialUDP func(netip.AddrPort) (*net.UDPConn, error)
	conns   conns
}

// PortError: a port of the host cannot be had.
type PortError struct {
	Address string // IP:port
	Inside  int    // where it was to lead; 0: not known
	Err     error
	Holder  string // who has it, where that is known
	PID     int    // of Holder, where it is one process
}

func (e *PortError) Error() string {
	s := "forward " + e.Address + ": " + e.Err.Error()
	if e.Holder != "" {
		s += " by " + e.Holder
	}
	return s
}
func (e *PortError) Unwrap() error { return e.Err }

// loopback of the sandbox: what listens there is reached too, which no route leads to.
func insideTargets(port int) []netip.AddrPort {
	return []netip.AddrPort{
		netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), uint16(port)),
		netip.AddrPortFrom(netip.IPv6Loopback(), uint16(port)),
	}
}

// add begins to forward.
func (f *forwards) add(p spec.PortForward, origin, process string, targets ...netip.AddrPort) (spec.Forward, error) {
	l, at, err := listenHost(p)
	if err != nil {
		if said, ok := f.already(p, origin); ok {
			return said, nil
		}
		return spec.Forward{}, f.ours(err, p)
	}
	if len(targets) == 0 {
		targets = insideTargets(p.Inside)
	}
	w := &forward{targets: targets, dial: f.dial, dialUDP: f.dialUDP, conns: conns{idle: &f.idle}, said: spec.Forward{
		Address: at.String(), Protocol: spec.TCP, Inside: p.Inside, URL: "http://" + visible(at).String(), Process: process, Origin: origin,
	}}
	if p.UDP {
		w.said.Protocol, w.said.URL = spec.UDP, "udp://"+visible(at).String()
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		_ = l.Close()
		return spec.Forward{}, errEnding
	}
	f.list[place{at, p.UDP}] = w
	switch l := l.(type) {
	case *net.TCPListener:
		w.conns.serve(l, func() { w.accept(l) })
	case *net.UDPConn:
		w.conns.serve(l, func() { w.relay(l) })
	}
	return w.said, nil
}

// already finds what a user asks for where it is forwarded by itself; from then on it stays.
func (f *forwards) already(p spec.PortForward, origin string) (spec.Forward, bool) {
	ip := netip.AddrFrom4([4]byte{127, 0, 0, 1})
	if p.IP != "" {
		ip, _ = netip.ParseAddr(p.IP)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	w := f.list[place{netip.AddrPortFrom(ip, uint16(cmp.Or(p.Host, p.Inside))), p.UDP}]
	if w == nil || origin != spec.ForwardAsked || w.said.Inside != p.Inside {
		return spec.Forward{}, false
	}
	if w.said.Origin == spec.ForwardAuto {
		w.said.Origin = origin
	}
	return w.said, true
}

// ours says where a port that is taken leads already, if it was this that took it.
func (f *forwards) ours(err error, p spec.PortForward) error {
	var e *PortError
	if !errors.As(err, &e) {
		return err
	}
	e.Inside = p.Inside
	at, aerr := netip.ParseAddrPort(e.Address)
	if aerr != nil || !errors.Is(err, syscall.EADDRINUSE) {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for has, w := range f.list {
		same := has.at.Addr() == at.Addr() || has.at.Addr().IsUnspecified() || at.Addr().IsUnspecified()
		if has.at.Port() == at.Port() && has.udp == p.UDP && same {
			e.Holder, e.PID = "this sandbox, for its port "+strconv.Itoa(w.said.Inside), 0
		}
	}
	return err
}

// visible is an address to type: one that stands for all is reached as the loopback's.
func visible(at netip.AddrPort) netip.AddrPort {
	switch {
	case !at.Addr().IsUnspecified():
		return at
	case at.Addr().Is4():
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), at.Port())
	}
	return netip.AddrPortFrom(netip.IPv6Loopback(), at.Port())
}

// removeAuto ends one that is there by itself alone.
func (f *forwards) removeAuto(said spec.Forward) bool {
	at, err := netip.ParseAddrPort(said.Address)
	f.mu.Lock()
	w := f.list[place{at, said.Protocol == spec.UDP}]
	auto := err == nil && w != nil && w.said.Origin == spec.ForwardAuto
	f.mu.Unlock()
	return auto && f.remove(said)
}

// remove ends one; false when there is none such.
func (f *forwards) remove(said spec.Forward) bool {
	at, err := netip.ParseAddrPort(said.Address)
	if err != nil {
		return false
	}
	p := place{at, said.Protocol == spec.UDP}
	f.mu.Lock()
	w := f.list[p]
	delete(f.list, p)
	f.mu.Unlock()
	if w == nil {
		return false
	}
	w.conns.close()
	return true
}

func (f *forwards) all() []spec.Forward {
	f.mu.Lock()
	defer f.mu.Unlock()
	var out []spec.Forward
	for _, w := range f.list {
		out = append(out, w.said)
	}
	slices.SortFunc(out, func(a, b spec.Forward) int {
		if a.Inside != b.Inside {
			return a.Inside - b.Inside
		}
		return strings.Compare(a.Address, b.Address)
	})
	return out
}

// served notes who listens at a TCP port inside now, and reports whether it is forwarded.
func (f *forwards) served(inside int, process string) (forwarded bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, w := range f.list {
		if w.said.Inside == inside && w.said.Protocol == spec.TCP {
			w.said.Process, forwarded = process, true
		}
	}
	return forwarded
}

func (f *forwards) close() {
	f.mu.Lock()
	f.closed = true
	list := f.list
	f.mu.Unlock()
	for _, w := range list {
		w.conns.close()
	}
}

// accept serves until the listener is closed.
func (w *forward) accept(l *net.TCPListener) {
	for {
		c, err := l.AcceptTCP()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil { // out of descriptors, say: those that are there go on
			time.Sleep(10 * time.Millisecond)
			continue
		}
		w.conns.serve(c, func() { w.handle(c) })
	}
}

func (w *forward) handle(c *net.TCPConn) {
	for _, to := range w.targets {
		if other, err := w.dial(to); err == nil {
			join(c, other, w.conns.idle)
			return
		}
	}
	_ = c.SetLinger(0) // refused, as nearly as it can be said now
}

// maxTries bounds the search for a free port.
const maxTries = 200

// listenHost takes a port of the host, by a TCP listener or a UDP socket.
func listenHost(p spec.PortForward) (io.Closer, netip.AddrPort, error) {
	ip := netip.AddrFrom4([4]byte{127, 0, 0, 1})
	if p.IP != "" {
		var err error
		if ip, err = netip.ParseAddr(p.IP); err != nil {
			return nil, netip.AddrPort{}, &PortError{Address: p.IP, Err: err}
		}
	}
	port := p.Host
	if port == 0 {
		port = p.Inside
	}
	if p.Auto && port < firstUnprivileged {
		port += 8000 // 80 becomes 8080
	}
	for range maxTries {
		at := netip.AddrPortFrom(ip, uint16(port))
		l, err := listenAt(at, p.UDP)
		if err == nil {
			return l, at, nil
		}
		taken := errors.Is(err, syscall.EADDRINUSE)
		if !p.Auto || !taken || port >= 65535 {
			return nil, at, portError(at, err, taken, p.UDP)
		}
		port++
	}
	return nil, netip.AddrPort{}, &PortError{Address: netip.AddrPortFrom(ip, uint16(port)).String(), Err: errors.New("no free port from there on")}
}

// firstUnprivileged is the kernel's own value unless somebody changed ip_unprivileged_port_start.
const firstUnprivileged = 1024

func listenAt(at netip.AddrPort, udp bool) (io.Closer, error) {
	family := "6"
	if at.Addr().Is4() {
		family = "4"
	}
	if udp {
		return net.ListenUDP("udp"+family, net.UDPAddrFromAddrPort(at))
	}
	return net.ListenTCP("tcp"+family, net.TCPAddrFromAddrPort(at))
}

func portError(at netip.AddrPort, err error, taken, udp bool) error {
	e := &PortError{Address: at.String(), Err: err}
	var call *os.SyscallError
	if errors.As(err, &call) {
		e.Err = call.Err
	}
	if taken {
		e.Holder, e.PID = sockets.Holder(at, udp)
	}
	return e
}
