package monitor

import (
	"encoding/json"
	"errors"
	"net/netip"
	"os"
	"strconv"
	"syscall"
	"time"

	"github.com/rootless-sandbox/sandbox/sandbox/internal/netdriver"
	"github.com/rootless-sandbox/sandbox/sandbox/internal/sockets"
	"github.com/rootless-sandbox/sandbox/sandbox/internal/wire"
	"github.com/rootless-sandbox/sandbox/userns"
)

// proxyPort is the usual one of proxies.
const proxyPort = 3128

func proxyAddr() netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 13}), proxyPort)
}

// ProxyAddress is where the proxy of a filtered network is inside, HOST:PORT.
func ProxyAddress() string { return proxyAddr().String() }

// Proxy is what the monitor has to know of it, which is little: a program, the name it is
// started under, and what that is told.
type Proxy struct {
	Program string          `json:"program"`
	Role    string          `json:"role"`
	Config  json.RawMessage `json:"config"`
}

// openProxy makes its socket inside. The process that serves it is started for the first connection, which waits
// so long: it takes a while to start, and most commands ask for nothing.
func (m *Monitor) openProxy(p Proxy) error {
	m.driver = netdriver.Proxy
	l, err := m.proxySocket()
	if err != nil {
		return err
	}
	m.onClose(func() { _ = l.Close() })
	m.tasks.Go(func() {
		defer func() { _ = l.Close() }() // nobody waits for a proxy that is lost
		start := func() (*netdriver.Helper, error) { return m.startProxy(p, l) }
		if err := userns.AwaitReadable(l); errors.Is(err, os.ErrClosed) {
			return
		}
		h, err := start()
		if err != nil {
			m.lose(netdriver.Proxy, err)
			return
		}
		m.guard(h, start)
	})
	return nil
}

// proxySocket waits for the end of the proxy of a monitor that was killed: it has the socket until then.
func (m *Monitor) proxySocket() (l *os.File, err error) {
	for end := time.Now().Add(oldProxy); ; time.Sleep(10 * time.Millisecond) {
		l, err = m.inside.socket(request(wire.SocketListen, false, proxyAddr()))
		if !errors.Is(err, syscall.EADDRINUSE) || time.Now().After(end) {
			return l, err
		}
	}
}

const oldProxy = 5 * time.Second

func (m *Monitor) startProxy(p Proxy, listener *os.File) (*netdriver.Helper, error) {
	service := netdriver.ProxyService{Program: p.Program, Role: p.Role, Config: p.Config, Listener: listener}
	diag, err := m.inside.socket(wire.SocketBody{Kind: wire.SocketDiag})
	if err == nil {
		service.Diag, service.Network = diag, sockets.Network(strconv.Itoa(m.config.PID))
		defer func() { _ = diag.Close() }()
	}
	return netdriver.StartProxy(service)
}
