package sandbox_test

import (
	"errors"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/rootless-sandbox/sandbox/sandbox"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

// again is up of a changed specification, which must not start anything inside anew.
func (f *fixture) again(s spec.Spec) {
	f.t.Helper()
	before, err := f.Inspect(f.t.Context(), s.ID)
	if err != nil {
		f.t.Fatal(err)
	}
	i, started, err := f.Up(f.t.Context(), s, sandbox.UpOptions{}, nil)
	if err != nil || started || i.PID != before.PID {
		f.t.Fatalf("started %v, pid %d instead of %d, %v", started, i.PID, before.PID, err)
	}
}

func TestChangedPortsRestartNothing(t *testing.T) {
	f := newEngine(t)
	s := f.spec()
	f.up(s)
	asked, err := f.Forward(t.Context(), s.ID, spec.PortForward{Inside: 7301, Auto: true})
	if err != nil {
		t.Fatal(err)
	}
	origins := func() []string {
		state, err := f.Ports(t.Context(), s.ID)
		if err != nil || state.Lost != "" {
			t.Fatalf("%+v, %v", state, err)
		}
		var out []string
		for _, p := range state.Forwards {
			if p.Origin == spec.ForwardAsked && p.Address != asked.Address {
				t.Errorf("%s instead of %s", p.Address, asked.Address)
			}
			out = append(out, p.Origin)
		}
		slices.Sort(out)
		return out
	}
	s.Net.Ports = []spec.PortForward{{Inside: 7302, Auto: true}}
	f.again(s)
	if got := origins(); !slices.Equal(got, []string{spec.ForwardConfig, spec.ForwardAsked}) {
		t.Errorf("forwards: %q", got)
	}
	s.Net.Ports = nil
	f.again(s)
	if got := origins(); !slices.Equal(got, []string{spec.ForwardAsked}) {
		t.Errorf("forwards: %q", got)
	}
	f.again(s)
}

func TestChangedAllowRestartsNothing(t *testing.T) {
	f := newEngine(t)
	s := f.spec()
	one, two := webServer(t), webServer(t)
	s.Network, s.Net.Allow = spec.NetworkFiltered, []string{one}
	f.up(s)
	ask := func() string {
		t.Helper()
		got := f.good(f.exec(spec.Command{Args: []string{"/bin/bash", "-c", connect(one, two)}}))
		return strings.Join(strings.Fields(got), " ")
	}
	if got := ask(); got != "200 403" {
		t.Errorf("first %s", got)
	}
	s.Net.Allow = []string{two}
	f.again(s)
	if got := ask(); got != "403 200" {
		t.Errorf("then %s", got)
	}
}

// A tool that cannot be asked is told, and what was allowed before stays so.
func TestChangedAllowThatIsNotKnown(t *testing.T) {
	f := newEngine(t)
	s := f.spec()
	web := webServer(t)
	s.Network, s.Net.Allow = spec.NetworkFiltered, []string{web}
	f.up(s)
	before := f.monitorPID(s.ID)
	dir := t.TempDir()
	path := os.Getenv("PATH")
	t.Setenv("PATH", dir)
	s.Net.Allow = []string{web, "tool:npm"}
	var tool *sandbox.ToolHostsError
	if _, _, err := f.Up(t.Context(), s, sandbox.UpOptions{}, nil); !errors.As(err, &tool) {
		t.Errorf("got %v", err)
	}
	t.Setenv("PATH", path)
	if got := strings.TrimSpace(f.good(f.exec(spec.Command{Args: []string{"/bin/bash", "-c", connect(web)}}))); got != "200" || f.monitorPID(s.ID) != before {
		t.Errorf("got %s, from the monitor %d after %d", got, f.monitorPID(s.ID), before)
	}
}

// A monitor that was killed is told, and up makes another one, with a proxy.
func TestFilteredIsConnectedAgain(t *testing.T) {
	f := newEngine(t)
	s := f.spec()
	web := webServer(t)
	s.Network, s.Net.Allow = spec.NetworkFiltered, []string{web}
	f.up(s)
	ask := func() {
		t.Helper()
		if got := f.good(f.exec(spec.Command{Args: []string{"/bin/bash", "-c", connect(web)}})); strings.TrimSpace(got) != "200" {
			t.Errorf("got %s", got)
		}
	}
	if list := helpersOf(f.monitorPID(s.ID)); len(list) > 0 {
		t.Errorf("a proxy runs that nobody has asked for: %v", list)
	}
	ask()
	monitor, proxy := f.helperOf(s.ID)
	if err := syscall.Kill(monitor, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the proxy is gone", func() bool { return gone(proxy) && gone(monitor) })
	if state, err := f.Ports(t.Context(), s.ID); err != nil || state.Lost == "" {
		t.Errorf("%+v, %v", state, err)
	}
	f.again(s)
	ask()
}

// A proxy that ended is started again, but not for ever; then nobody waits for it.
func TestProxyKilled(t *testing.T) {
	f := newEngine(t)
	s := f.spec()
	web := webServer(t)
	s.Network, s.Net.Allow = spec.NetworkFiltered, []string{web}
	f.up(s)
	monitor := f.monitorPID(s.ID)
	ask := func() string {
		a := f.exec(spec.Command{Args: []string{"/bin/bash", "-c", connect(web)}})
		return strings.TrimSpace(a.out)
	}
	for last := 0; ; last++ {
		if got := ask(); got != "200" {
			t.Fatalf("after %d: got %q", last, got)
		}
		_, proxy := f.helperOf(s.ID)
		if err := syscall.Kill(proxy, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		lost := false
		eventually(t, "it is started again, or the loss is told", func() bool {
			state, err := f.Ports(t.Context(), s.ID)
			lost = err == nil && strings.Contains(state.Lost, "proxy")
			now := helpersOf(monitor)
			return lost || len(now) == 1 && now[0] != proxy
		})
		if lost && last == 0 || last > 10 {
			t.Fatalf("lost after %d", last)
		}
		if lost {
			break
		}
	}
	if got := ask(); got != "" {
		t.Errorf("got %q of a proxy that is lost", got)
	}
}

// A port that cannot be had is told, and what runs inside goes on.
func TestChangedPortsThatAreTaken(t *testing.T) {
	f := newEngine(t)
	s := f.spec()
	before := f.up(s)
	l := listenHost(t, "tcp", "127.0.0.1:0")
	_, port, _ := net.SplitHostPort(l)
	taken, _ := strconv.Atoi(port)
	s.Net.Ports = []spec.PortForward{{Host: taken, Inside: 7303}}
	var refused *sandbox.PortError
	if _, _, err := f.Up(t.Context(), s, sandbox.UpOptions{}, nil); !errors.As(err, &refused) {
		t.Fatalf("got %v", err)
	}
	if i, err := f.Inspect(t.Context(), s.ID); err != nil || i.PID != before.PID || i.Status != spec.Running {
		t.Errorf("%+v, %v", i, err)
	}
	s.Net.Ports = nil
	f.again(s)
}
