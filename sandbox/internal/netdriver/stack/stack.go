// Package stack is the embedded network driver's process. It answers: how are the
// packets of an interface turned into connections of this host, without any other program?
//
// A TCP/IP stack takes the packets. For each connection that begins inside it makes
// one outside, and copies between the two.
package stack

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"slices"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/link/fdbased"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv6"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
	"gvisor.dev/gvisor/pkg/tcpip/transport/udp"

	"github.com/rootless-sandbox/sandbox/sandbox/internal/netdriver"
)

const nic = 1

// Descriptors of the process, see netdriver's embedded.
const (
	tunFD   = 3
	readyFD = 4
)

// Main plays the role netdriver.StackRole and returns the exit code.
func Main() int {
	ready := os.NewFile(readyFD, "ready")
	if len(os.Args) != 2 || ready == nil {
		return 125
	}
	var a netdriver.Addresses
	err := json.Unmarshal([]byte(os.Args[1]), &a)
	ended := make(chan error, 1)
	if err == nil {
		err = serve(tunFD, a, ended)
	}
	if err == nil {
		_, err = ready.Write([]byte{1})
		_ = ready.Close()
	}
	if err == nil {
		err = <-ended
	}
	fmt.Fprintln(os.Stderr, err)
	return 1
}

// serve takes the packets of the interface from now on.
func serve(fd int, a netdriver.Addresses, ended chan<- error) error {
	s := stack.New(stack.Options{
		NetworkProtocols:   []stack.NetworkProtocolFactory{ipv4.NewProtocol, ipv6.NewProtocol},
		TransportProtocols: []stack.TransportProtocolFactory{tcp.NewProtocol, udp.NewProtocol},
	})
	link, err := fdbased.New(&fdbased.Options{
		FDs: []int{fd}, MTU: uint32(a.MTU), PacketDispatchMode: fdbased.Readv,
		RXChecksumOffload: true, // the packets come from this kernel
		ClosedFunc:        func(err tcpip.Error) { ended <- failure("read packets", err) },
	})
	if err != nil {
		return err
	}
	if err := s.CreateNIC(nic, newFilter(link)); err != nil {
		return failure("make interface", err)
	}
	if err := configure(s); err != nil {
		return err
	}
	p := policy{refused: netdriver.Kept()}
	s.SetTransportProtocolHandler(tcp.ProtocolNumber, tcp.NewForwarder(s, 0, maxConnecting, p.tcp).HandlePacket)
	s.SetTransportProtocolHandler(udp.ProtocolNumber, udp.NewForwarder(s, newPackets(p).handle).HandlePacket)
	return nil
}

// configure makes the stack take packets for whatever address, and answer in its name.
func configure(s *stack.Stack) error {
	for _, err := range []tcpip.Error{s.SetPromiscuousMode(nic, true), s.SetSpoofing(nic, true)} {
		if err != nil {
			return failure("configure interface", err)
		}
	}
	s.SetRouteTable([]tcpip.Route{{Destination: header.IPv4EmptySubnet, NIC: nic}, {Destination: header.IPv6EmptySubnet, NIC: nic}})
	sack := tcpip.TCPSACKEnabled(true)
	moderate := tcpip.TCPModerateReceiveBufferOption(true)
	send := tcpip.TCPSendBufferSizeRangeOption{Min: tcp.MinBufferSize, Default: bufferSize, Max: maxBufferSize}
	receive := tcpip.TCPReceiveBufferSizeRangeOption{Min: tcp.MinBufferSize, Default: bufferSize, Max: maxBufferSize}
	for _, o := range []tcpip.SettableTransportProtocolOption{&sack, &moderate, &send, &receive} {
		if err := s.SetTransportProtocolOption(tcp.ProtocolNumber, o); err != nil {
			return failure("configure TCP", err)
		}
	}
	return nil
}

// Sizes of TCP's buffers: several packets of the greatest size.
const (
	bufferSize    = 1 << 20
	maxBufferSize = 8 << 20
)

func failure(op string, err tcpip.Error) error {
	if err == nil {
		return errors.New(op + ": the interface is gone")
	}
	return errors.New(op + ": " + err.String())
}

// policy says what may be reached. The kernel's routes inside say the same; who gets past them is stopped here.
type policy struct{ refused []netip.Prefix }

// destination is where a connection goes; false where it must not.
func (p policy) destination(id stack.TransportEndpointID) (netip.AddrPort, bool) {
	addr, ok := netip.AddrFromSlice(id.LocalAddress.AsSlice())
	addr = addr.Unmap()
	if !ok || addr.IsUnspecified() || addr.IsMulticast() || addr.IsLoopback() || addr == netip.AddrFrom4([4]byte{255, 255, 255, 255}) {
		return netip.AddrPort{}, false
	}
	if slices.ContainsFunc(p.refused, func(r netip.Prefix) bool { return r.Contains(addr) }) {
		return netip.AddrPort{}, false
	}
	return netip.AddrPortFrom(addr, id.LocalPort), true
}
