package monitor

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"time"
)

// Addresses inside, on the loopback interface of the sandbox: nothing there is on the way of packets, so they need
// no driver.
func resolverAddr() netip.Addr { return netip.AddrFrom4([4]byte{127, 0, 0, 11}) } // as other tools have it
func hostAddr() netip.Addr     { return netip.AddrFrom4([4]byte{127, 0, 0, 12}) }

// Resolver is the name server inside; Host is what host.sandbox.internal stands for.
func Resolver() string { return resolverAddr().String() }

// Host is the address of Resolver's neighbour, see there.
func Host() string { return hostAddr().String() }

const (
	dnsPort    = 53
	dnsTimeout = 5 * time.Second // of one server, as resolv.conf(5) has it
	// maxQueries bounds how many wait for an answer at a time; more are dropped, as UDP may.
	maxQueries = 512
	maxPacket  = 65535
)

// serveNames answers the name server's address inside by asking the host's own
// servers from the host: also the one that listens on the host's loopback, and
// always those of the moment.
func (m *Monitor) serveNames() error {
	at := netip.AddrPortFrom(resolverAddr(), dnsPort)
	packets, err := m.inside.listenPackets(at)
	if err != nil {
		return err
	}
	m.onClose(func() { _ = packets.Close() })
	streams, err := m.inside.listen(at)
	if err != nil {
		return err
	}
	r := &resolver{packets: packets, servers: m.servers, port: dnsPort, free: make(chan struct{}, maxQueries)}
	m.onClose(r.streams.close)
	m.tasks.Go(r.run)
	r.streams.serve(streams, func() { r.accept(streams) })
	return nil
}

// servers are those of the moment.
func (m *Monitor) servers() []string {
	if len(m.config.DNS) > 0 {
		return m.config.DNS
	}
	f, err := os.Open("/etc/resolv.conf")
	if err != nil {
		return nil
	}
	defer func() { _ = f.Close() }()
	return parseServers(f)
}

// parseServers reads resolv.conf(5); without a server it is the local machine.
func parseServers(r io.Reader) []string {
	var out []string
	for lines := bufio.NewScanner(io.LimitReader(r, 1<<20)); lines.Scan() && len(out) < 3; {
		f := strings.Fields(lines.Text())
		if len(f) < 2 || f[0] != "nameserver" {
			continue
		}
		if a, err := netip.ParseAddr(f[1]); err == nil {
			out = append(out, a.String())
		}
	}
	if len(out) == 0 {
		out = []string{"127.0.0.1"}
	}
	return out
}

// resolver passes queries on. It does not look into them but for their number.
type resolver struct {
	packets *net.UDPConn
	streams conns
	servers func() []string
	port    int // of the servers
	free    chan struct{}
}

func (r *resolver) run() {
	b := make([]byte, maxPacket)
	for {
		n, from, err := r.packets.ReadFromUDPAddrPort(b)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil || n < 2 {
			continue
		}
		query := append([]byte(nil), b[:n]...)
		select {
		case r.free <- struct{}{}:
			go func() {
				defer func() { <-r.free }()
				if answer := r.ask(query); answer != nil {
					_, _ = r.packets.WriteToUDPAddrPort(answer, from)
				}
			}()
		default:
		}
	}
}

// ask asks the servers in turn.
func (r *resolver) ask(query []byte) []byte {
	for _, server := range r.servers() {
		if answer := askOne(r.address(server), query); answer != nil {
			return answer
		}
	}
	return nil
}

func askOne(address string, query []byte) []byte {
	c, err := net.Dial("udp", address)
	if err != nil {
		return nil
	}
	defer func() { _ = c.Close() }()
	_ = c.SetDeadline(time.Now().Add(dnsTimeout))
	if _, err := c.Write(query); err != nil {
		return nil
	}
	b := make([]byte, maxPacket)
	for {
		n, err := c.Read(b)
		if err != nil {
			return nil
		}
		if n >= 2 && binary.BigEndian.Uint16(b) == binary.BigEndian.Uint16(query) {
			return b[:n]
		}
	}
}

func (r *resolver) address(server string) string {
	return net.JoinHostPort(server, strconv.Itoa(r.port))
}

// accept serves queries by TCP, which long answers need.
func (r *resolver) accept(l *net.TCPListener) {
	for {
		c, err := l.AcceptTCP()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			time.Sleep(10 * time.Millisecond)
			continue
		}
		r.streams.serve(c, func() { r.stream(c) })
	}
}

func (r *resolver) stream(c *net.TCPConn) {
	for _, server := range r.servers() {
		other, err := net.DialTimeout("tcp", r.address(server), dnsTimeout)
		if err == nil {
			tcp := other.(*net.TCPConn)
			end := time.Now().Add(4 * dnsTimeout)
			_, _ = c.SetDeadline(end), tcp.SetDeadline(end)
			join(c, tcp, nil)
			return
		}
	}
}

// openHostPort opens one port of the host's loopback inside.
func (m *Monitor) openHostPort(port int) error {
	l, err := m.inside.listen(netip.AddrPortFrom(hostAddr(), uint16(port)))
	if err != nil {
		return err
	}
	w := &forward{targets: insideTargets(port), dial: func(to netip.AddrPort) (*net.TCPConn, error) {
		return net.DialTCP("tcp", nil, net.TCPAddrFromAddrPort(to))
	}}
	m.onClose(w.conns.close)
	w.conns.serve(l, func() { w.accept(l) })
	return nil
}
