package monitor

import (
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/rootless-sandbox/sandbox/sandbox/internal/sockets"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

// lookEvery is how often the kernel is asked for the listeners: it tells nobody of a new one.
const lookEvery = 250 * time.Millisecond

// watchListeners forwards what begins to listen inside, and drops what ends.
func (m *Monitor) watchListeners() {
	w := &watcher{monitor: m, pid: strconv.Itoa(m.config.PID), served: map[int]spec.Forward{}}
	w.network = sockets.Network(w.pid)
	w.firstEphemeral = firstEphemeral("/proc/sys/net/ipv4/ip_local_port_range")
	w.diag, _ = m.inside.diag() // not every kernel has it
	defer func() { w.useProc() }()
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		w.look()
		select {
		case <-m.ending:
			return
		case <-tick.C:
		}
	}
}

type watcher struct {
	monitor        *Monitor
	pid            string
	diag           *sockets.Diag // nil: /proc is read
	network        string
	firstEphemeral int
	served         map[int]spec.Forward // by port inside; zero: none was to be had
}

// useProc ends the better way.
func (w *watcher) useProc() {
	if w.diag != nil {
		w.diag.Close()
		w.diag = nil
	}
}

func (w *watcher) listeners() []sockets.Socket {
	if w.diag != nil {
		all, err := w.diag.Listeners()
		if err == nil {
			return all
		}
		w.useProc()
	}
	return sockets.Listeners(w.pid)
}

// look compares what listens with what is forwarded.
func (w *watcher) look() {
	now := map[int]sockets.Socket{}
	for _, l := range w.listeners() {
		if w.wanted(l) {
			if _, twice := now[int(l.At.Port())]; !twice {
				now[int(l.At.Port())] = l
			}
		}
	}
	for port, f := range w.served {
		if _, still := now[port]; !still {
			w.drop(port, f)
		}
	}
	for port, l := range now {
		if _, known := w.served[port]; !known && len(w.served) < maxAuto {
			w.forward(port, l)
		}
	}
}

// maxAuto bounds the ports of the host that a sandbox takes unasked.
const maxAuto = 64

// wanted leaves out our own sockets inside, system ports, and ports that the kernel has chosen: what
// takes those is found by other means than its number.
func (w *watcher) wanted(l sockets.Socket) bool {
	port := int(l.At.Port())
	return port >= firstUnprivileged && port < w.firstEphemeral && l.At.Addr() != resolverAddr() && l.At.Addr() != hostAddr() && l.At.Addr() != proxyAddr().Addr()
}

func (w *watcher) forward(port int, l sockets.Socket) {
	w.served[port] = spec.Forward{}
	_, name := sockets.ProcessOf(l.Inode, w.network)
	note := w.monitor.config.Net.Note(port)
	if w.monitor.forwards.served(port, name) || note.OnAutoForward == spec.Ignore {
		return
	}
	f, err := w.monitor.forwards.add(spec.PortForward{Inside: port, Auto: !note.ThatPort}, spec.ForwardAuto, name, visible(l.At))
	if err != nil {
		w.monitor.emit(spec.Event{Kind: "port", Name: strconv.Itoa(port), State: "failed", Detail: err.Error()})
		return
	}
	w.served[port] = f
	if note.OnAutoForward != spec.Silent {
		w.monitor.emit(spec.Event{Kind: "port", Name: note.URL(f.URL), State: "ok", Detail: announced(f, note)})
	}
}

func announced(f spec.Forward, note spec.PortNote) string {
	text := "leads to port " + strconv.Itoa(f.Inside)
	if f.Process != "" {
		text += " of " + f.Process
	}
	if note.Label != "" {
		text += " (" + note.Label + ")"
	}
	return text
}

func (w *watcher) drop(port int, f spec.Forward) {
	delete(w.served, port)
	w.monitor.forwards.served(port, "")
	if w.monitor.forwards.removeAuto(f) && w.monitor.config.Net.Note(port).OnAutoForward != spec.Silent {
		w.monitor.emit(spec.Event{Kind: "port", Name: f.Address, State: "ok", Detail: "closed"})
	}
}

// firstEphemeral is where the kernel's own choice of ports begins.
func firstEphemeral(path string) int {
	b, err := os.ReadFile(path)
	if err == nil {
		if f := strings.Fields(string(b)); len(f) > 0 {
			if n, err := strconv.Atoi(f[0]); err == nil && n > firstUnprivileged {
				return n
			}
		}
	}
	return 32768
}
