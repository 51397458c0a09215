package stack

import (
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/link/nested"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// filter drops what the stack would answer in another machine's name: an echo
// request would always succeed, and say nothing.
type filter struct{ nested.Endpoint }

func newFilter(lower stack.LinkEndpoint) stack.LinkEndpoint {
	f := &filter{}
	f.Init(lower, f)
	return f
}

// DeliverNetworkPacket passes TCP and UDP, whole or in pieces.
func (f *filter) DeliverNetworkPacket(protocol tcpip.NetworkProtocolNumber, pkt *stack.PacketBuffer) {
	if passes(protocol, pkt) {
		f.Endpoint.DeliverNetworkPacket(protocol, pkt)
	}
}

func passes(protocol tcpip.NetworkProtocolNumber, pkt *stack.PacketBuffer) bool {
	switch protocol {
	case header.IPv4ProtocolNumber:
		b, ok := pkt.Data().PullUp(header.IPv4MinimumSize)
		return ok && header.IPv4(b).TransportProtocol() != header.ICMPv4ProtocolNumber
	case header.IPv6ProtocolNumber:
		b, ok := pkt.Data().PullUp(header.IPv6MinimumSize)
		return ok && header.IPv6(b).TransportProtocol() != header.ICMPv6ProtocolNumber
	}
	return false
}
