package spec

// Network modes.
const (
	NetworkNone     = "none"     // only itself
	NetworkHost     = "host"     // the host's own
	NetworkPrivate  = "private"  // its own, connected by a helper
	NetworkFiltered = "filtered" // only itself, and a proxy that decides
)

// Net is how the network of a sandbox is made.
type Net struct {
	Driver       string        `json:"driver,omitempty"` // empty: the first that works
	DNS          []string      `json:"dns,omitempty"`    // name servers; none: the host's
	Ports        []PortForward `json:"ports,omitempty"`
	AutoForward  bool          `json:"autoForward,omitempty"`
	HostLoopback []int         `json:"hostLoopback,omitempty"` // ports of the host's loopback that are open inside
	Allow        []string      `json:"allow,omitempty"`        // filtered: what may be reached
	Notes        []PortNote    `json:"notes,omitempty"`        // what is said of ports; the first that fits counts
	// LearnTo: filtered allows whatever is public, and notes it in this file.
	LearnTo string `json:"-"`
}

// PortForward asks for a port of the host that leads inside.
type PortForward struct {
	IP     string `json:"ip,omitempty"`   // of the host; empty: 127.0.0.1
	Host   int    `json:"host,omitempty"` // of the host; 0: the same as Inside
	Inside int    `json:"inside"`
	// Auto takes the next free port where that one is taken.
	Auto bool `json:"auto,omitempty"`
	UDP  bool `json:"udp,omitempty"` // else TCP
}

// Forward is a port of the host that leads inside now.
type Forward struct {
	Address  string `json:"address"`  // of the host, IP:port
	Protocol string `json:"protocol"` // tcp or udp
	Inside   int    `json:"inside"`
	URL      string `json:"url,omitempty"`
	Process  string `json:"process,omitempty"` // that listens, where that is known
	Origin   string `json:"origin"`            // see below
	// Label and OnAutoForward are what a devcontainer.json says of the port.
	Label         string `json:"label,omitempty"`
	OnAutoForward string `json:"onAutoForward,omitempty"`
}

// Protocols of forwards.
const (
	TCP = "tcp"
	UDP = "udp"
)

// Origins of forwards.
const (
	ForwardConfig = "config" // of the configuration
	ForwardAsked  = "forward"
	ForwardAuto   = "auto" // something began to listen
)

// NetworkState is what is known of a sandbox's network beside its mode.
type NetworkState struct {
	Driver   string    `json:"driver,omitempty"`
	Lost     string    `json:"lost,omitempty"` // why it does not work any more
	Forwards []Forward `json:"forwards,omitempty"`
}
