package monitor

import (
	"net/netip"

	"github.com/rootless-sandbox/sandbox/sandbox/internal/egress"
	"github.com/rootless-sandbox/sandbox/sandbox/internal/netdriver"
	"github.com/rootless-sandbox/sandbox/sandbox/internal/wire"
)

// proxyPort is the usual one of proxies.
const proxyPort = 3128

func proxyAddr() netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 13}), proxyPort)
}

// ProxyAddress is where the proxy of a filtered network is inside, HOST:PORT.
func ProxyAddress() string { return proxyAddr().String() }

// Proxy is what the monitor has to know of it.
type Proxy struct {
	Program string        `json:"program"`
	Config  egress.Config `json:"config"`
}

// openProxy starts it on a socket that is made inside. It need not run yet when the first command does.
func (m *Monitor) openProxy(p Proxy) error {
	m.driver = netdriver.Proxy
	return m.keep(func() (*netdriver.Helper, error) {
		l, err := m.inside.socket(request(wire.SocketListen, false, proxyAddr()))
		if err != nil {
			return nil, err
		}
		defer func() { _ = l.Close() }()
		return netdriver.StartProxy(p.Program, l, p.Config)
	})
}
