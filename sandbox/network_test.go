package sandbox_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/rootless-sandbox/sandbox/sandbox"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
	"github.com/rootless-sandbox/sandbox/sandbox/store"
	"github.com/rootless-sandbox/sandbox/userns/usernstest"
)

// eachDriver runs a test once with each network driver.
func eachDriver(t *testing.T, test func(t *testing.T, f *fixture, s spec.Spec)) {
	for driver, needs := range map[string][]string{
		"pasta": {usernstest.Tun, usernstest.Pasta}, "slirp4netns": {usernstest.Tun, usernstest.Slirp}, "embedded": {usernstest.Tun},
	} {
		t.Run(driver, func(t *testing.T) {
			usernstest.Require(t, needs...)
			f := newEngine(t)
			s := f.spec()
			s.Network, s.Net.Driver = spec.NetworkPrivate, driver
			test(t, f, s)
		})
	}
}

// ownAddress is one of this machine's that is not its loopback's.
func ownAddress(t *testing.T, v6 bool) string {
	t.Helper()
	all, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range all {
		n, ok := a.(*net.IPNet)
		if ok && n.IP.IsGlobalUnicast() && (n.IP.To4() == nil) == v6 {
			return n.IP.String()
		}
	}
	return ""
}

func TestNetworkPrivate(t *testing.T) {
	eachDriver(t, func(t *testing.T, f *fixture, s spec.Spec) {
		l, err := net.Listen("tcp", net.JoinHostPort(ownAddress(t, false), "0"))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = l.Close() }()
		go echo(l)
		host, port, _ := net.SplitHostPort(l.Addr().String())
		i := f.up(s)
		if i.Network != spec.NetworkPrivate {
			t.Errorf("network %q", i.Network)
		}
		// What is sent comes back, whole, also after our side has ended.
		script := fmt.Sprintf("exec 3<>/dev/tcp/%s/%s; head -c 3000000 /dev/zero >&3 & head -c 3000000 <&3 | wc -c", host, port)
		if got := f.good(f.exec(spec.Command{Args: []string{"/bin/bash", "-c", script}})); strings.TrimSpace(got) != "3000000" {
			t.Errorf("%s bytes came back", got)
		}
		if got := f.sh("cat /etc/resolv.conf"); !strings.HasPrefix(got, "nameserver 127.0.0.11\n") && got != "nameserver 127.0.0.11" {
			t.Errorf("resolv.conf: %q", got)
		}
		if got := f.sh("cat /sys/class/net/eth0/mtu"); got != "65520" {
			t.Errorf("MTU %q", got)
		}
		state, err := f.Ports(t.Context(), s.ID)
		if err != nil || state.Driver != s.Net.Driver || state.Lost != "" {
			t.Errorf("%+v, %v", state, err)
		}
	})
}

// Echo requests need no right inside; through pasta they go as far as this user may send them.
func TestNetworkPing(t *testing.T) {
	eachDriver(t, func(t *testing.T, f *fixture, s spec.Spec) {
		f.up(s)
		addresses := []string{"127.0.0.1"}
		if own := ownAddress(t, false); s.Net.Driver == "pasta" && ping(own) == nil {
			addresses = append(addresses, own)
		}
		f.eachUser("ping", addresses, func(t *testing.T, got map[string]string) {
			for _, address := range addresses {
				if got[address] != "ok" {
					t.Errorf("%s: %s", address, got[address])
				}
			}
		})
	})
}

func TestNetworkPrivateRun(t *testing.T) {
	eachDriver(t, func(t *testing.T, f *fixture, s spec.Spec) {
		l, err := net.Listen("tcp", net.JoinHostPort(ownAddress(t, false), "0"))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = l.Close() }()
		go echo(l)
		host, port, _ := net.SplitHostPort(l.Addr().String())
		got := f.good(f.run(s, spec.Command{Args: []string{"/bin/bash", "-c", "exec 3<>/dev/tcp/" + host + "/" + port + "; echo hello >&3; head -n 1 <&3"}}))
		if got != "hello" {
			t.Errorf("got %q", got)
		}
	})
}

func TestNetworkIPv6(t *testing.T) {
	address := ownAddress(t, true)
	eachDriver(t, func(t *testing.T, f *fixture, s spec.Spec) {
		if address == "" || s.Net.Driver == "slirp4netns" { // has one range, which may be this machine's own
			return
		}
		l, err := net.Listen("tcp", net.JoinHostPort(address, "0"))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = l.Close() }()
		f.up(s)
		if got := f.probe("dial", "tcp", l.Addr().String()); got["tcp "+l.Addr().String()] != "ok" {
			t.Errorf("got %v", got)
		}
	})
}

// Rows 20 and 22: the host's loopback, and what serves a cloud's metadata.
func TestThreat20PrivateNetwork(t *testing.T) {
	eachDriver(t, func(t *testing.T, f *fixture, s spec.Spec) {
		tcp, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = tcp.Close() }()
		port := tcp.Addr().(*net.TCPAddr).Port
		udp, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = udp.Close() }()
		six := listenHost(t, "tcp", "[::1]:0")
		f.up(s)
		p := strconv.Itoa(port)
		f.eachUser("reach", []string{
			"127.0.0.1:" + p, six, "[::ffff:127.0.0.1]:" + p, "10.0.2.2:" + p, "10.0.2.3:" + p, "127.0.0.53:53",
			"169.254.169.254:80", "169.254.0.1:" + p, "[fe80::1%eth0]:80", "100.100.100.200:80", "[fd00:ec2::254]:80",
		}, wantRefused)
		_ = udp.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
		if _, from, err := udp.ReadFromUDP(make([]byte, 8)); err == nil {
			t.Errorf("a packet of %v reached the host's loopback", from)
		}
	})
}

// helperOf finds the helper of the monitor of a sandbox.
func (f *fixture) helperOf(id string) (monitor, helper int) {
	f.t.Helper()
	s, err := store.Open(f.data, f.runtime)
	if err != nil {
		f.t.Fatal(err)
	}
	st, err := s.ReadState(id)
	if err != nil {
		f.t.Fatal(err)
	}
	monitor = st.Monitor.PID
	for _, pid := range helpersOf(monitor) {
		helper = pid
	}
	if monitor == 0 || helper == 0 {
		f.t.Fatalf("monitor %d, helper %d", monitor, helper)
	}
	return monitor, helper
}

// helpersOf are the processes that a monitor has started.
func helpersOf(of int) []int {
	var out []int
	tasks, _ := filepath.Glob("/proc/" + strconv.Itoa(of) + "/task/*/children")
	for _, task := range tasks {
		b, _ := os.ReadFile(task)
		for _, word := range strings.Fields(string(b)) {
			if pid, err := strconv.Atoi(word); err == nil {
				out = append(out, pid)
			}
		}
	}
	return out
}

func TestNetworkMonitorKilled(t *testing.T) {
	eachDriver(t, func(t *testing.T, f *fixture, s spec.Spec) {
		f.up(s)
		monitor, helper := f.helperOf(s.ID)
		if err := syscall.Kill(monitor, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		eventually(t, "the helper is gone", func() bool { return gone(helper) && gone(monitor) })
		if list, err := f.List(t.Context()); err != nil || list[0].Status != spec.Running || list[0].NetworkState == nil || list[0].NetworkState.Lost == "" {
			t.Errorf("list: %+v, %v", list, err)
		}
		if i, err := f.Inspect(t.Context(), s.ID); err != nil || i.NetworkState == nil || i.NetworkState.Lost == "" {
			t.Errorf("inspect: %+v, %v", i, err)
		}
		f.up(s)
		l := listenHost(t, "tcp", net.JoinHostPort(ownAddress(t, false), "0"))
		if got := f.probe("dial", "tcp", l); got["tcp "+l] != "ok" {
			t.Errorf("got %v", got)
		}
	})
}

// A helper that ended is started again, but not for ever.
func TestNetworkHelperKilled(t *testing.T) {
	eachDriver(t, func(t *testing.T, f *fixture, s spec.Spec) {
		f.up(s)
		l := listenHost(t, "tcp", net.JoinHostPort(ownAddress(t, false), "0"))
		for last := 0; ; {
			monitor, helper := f.helperOf(s.ID)
			if err := syscall.Kill(helper, syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
			lost := false
			eventually(t, "it is started again, or the loss is told", func() bool {
				state, err := f.Ports(t.Context(), s.ID)
				lost = err == nil && strings.Contains(state.Lost, s.Net.Driver)
				now := helpersOf(monitor)
				return lost || len(now) == 1 && now[0] != helper
			})
			if lost {
				if last == 0 {
					t.Error("it was not started again")
				}
				return
			}
			if last++; last > 10 {
				t.Fatal("it is started for ever")
			}
			eventually(t, "the network works", func() bool { return f.probe("dial", "tcp", l)["tcp "+l] == "ok" })
		}
	})
}

func TestNetworkEndsWithTheSandbox(t *testing.T) {
	eachDriver(t, func(t *testing.T, f *fixture, s spec.Spec) {
		i := f.up(s)
		monitor, helper := f.helperOf(s.ID)
		if err := syscall.Kill(i.PID, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		eventually(t, "monitor and helper are gone", func() bool { return gone(helper) && gone(monitor) })
		f.up(s)
		monitor, helper = f.helperOf(s.ID)
		f.down()
		if !gone(monitor) {
			t.Error("the monitor outlives down")
		}
		eventually(t, "the helper is gone", func() bool { return gone(helper) })
	})
}

func TestNetworkRunKilled(t *testing.T) {
	eachDriver(t, func(t *testing.T, f *fixture, s spec.Spec) {
		h := f.helper("run", s, shell("echo ready; sleep 1000"))
		out, err := h.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		start(t, h)
		if _, err := io.ReadFull(out, make([]byte, 6)); err != nil {
			t.Fatal(err)
		}
		var helpers []int
		tasks, _ := filepath.Glob("/proc/" + strconv.Itoa(h.Process.Pid) + "/task/*/children")
		for _, task := range tasks {
			b, _ := os.ReadFile(task)
			for _, pid := range strings.Fields(string(b)) {
				n, _ := strconv.Atoi(pid)
				helpers = append(helpers, n)
			}
		}
		if len(helpers) != 2 {
			t.Errorf("%d children, want the sandbox and the helper", len(helpers))
		}
		kill(h)
		eventually(t, "all are gone", func() bool {
			return !slices.ContainsFunc(helpers, func(pid int) bool { return !gone(pid) })
		})
	})
}

// Without pasta in reach the one that was asked for is missed, and told.
func TestNetworkDriverMissing(t *testing.T) {
	f := newEngine(t)
	dir := t.TempDir()
	for _, name := range []string{"newuidmap", "newgidmap"} {
		if path, err := exec.LookPath(name); err == nil {
			if err := os.Symlink(path, filepath.Join(dir, name)); err != nil {
				t.Fatal(err)
			}
		}
	}
	t.Setenv("PATH", dir)
	s := f.spec()
	s.Network, s.Net.Driver = spec.NetworkPrivate, "pasta"
	var none *sandbox.NoNetworkError
	if _, _, err := f.Up(t.Context(), s, sandbox.UpOptions{}, nil); !errors.As(err, &none) {
		t.Errorf("got %v", err)
	}
}

// background runs a command until the test ends, and waits for its first line.
func (f *fixture) background(c spec.Command) (end func()) {
	f.t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		f.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = f.Exec(ctx, sandbox.ID(f.project, ""), c, sandbox.Streams{Out: w, Err: os.Stderr}, nil)
		_ = w.Close()
	}()
	b := make([]byte, 6)
	if _, err := io.ReadFull(r, b); err != nil || string(b) != "ready\n" {
		f.t.Fatalf("got %q, %v", b, err)
	}
	end = sync.OnceFunc(func() {
		cancel()
		<-done
		_ = r.Close()
	})
	f.t.Cleanup(end)
	return end
}

// portOf finds the address that leads to a port inside.
func (f *fixture) portOf(inside int) string {
	state, err := f.Ports(context.Background(), sandbox.ID(f.project, ""))
	if err != nil {
		return ""
	}
	for _, w := range state.Forwards {
		if w.Inside == inside {
			return w.Address
		}
	}
	return ""
}

// backAndForth sends, ends its side, and reads to the end.
func backAndForth(address string, b []byte) error {
	c, err := net.Dial("tcp", address)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	go func() {
		_, _ = c.Write(b)
		_ = c.(*net.TCPConn).CloseWrite()
	}()
	got, err := io.ReadAll(c)
	if err == nil && !bytes.Equal(got, b) {
		err = fmt.Errorf("%d bytes of %d came back", len(got), len(b))
	}
	return err
}

// Ports lead inside without any network, to the loopback addresses too.
func TestPortsWithoutANetwork(t *testing.T) {
	f := newEngine(t)
	s := f.spec()
	s.Net.Ports = []spec.PortForward{{Inside: 7001, Auto: true}, {Inside: 7002, Auto: true}, {Inside: 7003, Auto: true}}
	f.up(s)
	f.background(probing(t, "echo", "127.0.0.1:7001", "[::1]:7002", "0.0.0.0:7003"))
	for _, inside := range []int{7001, 7002, 7003} {
		if err := backAndForth(f.portOf(inside), bytes.Repeat([]byte("0123456789"), 200_000)); err != nil {
			t.Errorf("port %d: %v", inside, err)
		}
	}
}

// A port of UDP, too, of the configuration and of forward; it and one of TCP may have the same number.
func TestPortsOfPackets(t *testing.T) {
	f := newEngine(t)
	s := f.spec()
	s.Net.Ports = []spec.PortForward{{Inside: 7001, Auto: true, UDP: true}}
	f.up(s)
	f.background(probing(t, "echo", "udp:127.0.0.1:7001", "udp:[::1]:7002"))
	again := func(address string) {
		t.Helper()
		c, err := net.Dial("udp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = c.Close() }()
		for _, size := range []int{1, 1400, 60_000} {
			_ = c.SetDeadline(time.Now().Add(10 * time.Second))
			if _, err := c.Write(bytes.Repeat([]byte{'x'}, size)); err != nil {
				t.Fatal(err)
			}
			b := make([]byte, 1<<16)
			if n, err := c.Read(b); n != size {
				t.Fatalf("%d of %d bytes came back: %v", n, size, err)
			}
		}
	}
	again(f.portOf(7001))
	at := netip.MustParseAddrPort(f.portOf(7001))
	w, err := f.Forward(t.Context(), s.ID, spec.PortForward{Inside: 7002, Host: int(at.Port()) + 1, Auto: true, UDP: true})
	if err != nil {
		t.Fatal(err)
	}
	again(w.Address)
	both, err := f.Forward(t.Context(), s.ID, spec.PortForward{Inside: 7001, Host: int(at.Port())})
	if err != nil || both.Address != at.String() || both.Protocol != spec.TCP {
		t.Errorf("%+v, %v", both, err)
	}
	again(at.String())
	if err := f.Unforward(t.Context(), s.ID, 7002); err != nil {
		t.Error(err)
	}
}

func TestPortsManyAtOnce(t *testing.T) {
	f := newEngine(t)
	s := f.spec()
	s.Net.Ports = []spec.PortForward{{Inside: 7001, Auto: true}}
	f.up(s)
	f.background(probing(t, "echo", "127.0.0.1:7001"))
	address := f.portOf(7001)
	monitor := f.monitorPID(s.ID)
	before := len(names(t, "/proc/"+strconv.Itoa(monitor)+"/fd"))
	var all sync.WaitGroup
	failed := make(chan error, 200)
	for i := range 200 {
		all.Go(func() {
			switch i % 4 {
			case 0: // cut
				c, err := net.Dial("tcp", address)
				if err == nil {
					_, err = c.Write([]byte("x"))
					_ = c.(*net.TCPConn).SetLinger(0)
					_ = c.Close()
				}
				failed <- err
			default:
				failed <- backAndForth(address, bytes.Repeat([]byte{byte(i)}, 1+i*100))
			}
		})
	}
	all.Wait()
	close(failed)
	for err := range failed {
		if err != nil {
			t.Error(err)
		}
	}
	for range 10_000 {
		if err := backAndForth(address, []byte("hello")); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "no descriptor is left", func() bool {
		return len(names(t, "/proc/"+strconv.Itoa(monitor)+"/fd")) <= before
	})
}

func (f *fixture) monitorPID(id string) int {
	f.t.Helper()
	s, err := store.Open(f.data, f.runtime)
	if err != nil {
		f.t.Fatal(err)
	}
	st, err := s.ReadState(id)
	if err != nil {
		f.t.Fatal(err)
	}
	return st.Monitor.PID
}

func TestPortTaken(t *testing.T) {
	f := newEngine(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	port := l.Addr().(*net.TCPAddr).Port
	s := f.spec()
	s.Net.Ports = []spec.PortForward{{Host: port, Inside: 80}}
	var taken *sandbox.PortError
	_, _, err = f.Up(t.Context(), s, sandbox.UpOptions{}, nil)
	if !errors.As(err, &taken) || !errors.Is(err, syscall.EADDRINUSE) || !strings.Contains(taken.Holder, strconv.Itoa(os.Getpid())) {
		t.Errorf("up: got %v", err)
	}
	if a := f.run(s, shell("true")); !errors.As(a.err, &taken) {
		t.Errorf("run: got %v", a.err)
	}
	s.Net.Ports[0].Auto = true
	f.up(s)
	if got := f.portOf(80); got == "" || got == l.Addr().String() {
		t.Errorf("got %q", got)
	}
}

// A command beside the project's sandbox goes without the ports that lead there.
func TestPortsBesideTheSandbox(t *testing.T) {
	f := newEngine(t)
	s := f.spec()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	_ = l.Close()
	s.Net.Ports = []spec.PortForward{{Host: port, Inside: 7001}}
	f.up(s)
	if a := f.run(s, shell("echo hello")); a.err != nil || a.out != "hello" {
		t.Errorf("%q, %v", a.out, a.err)
	}
	if got := f.portOf(7001); got != "127.0.0.1:"+strconv.Itoa(port) {
		t.Errorf("afterwards %q", got)
	}
}

// Who has a port is said: this sandbox, another one, a program, of UDP too.
func TestPortHolders(t *testing.T) {
	f := newEngine(t)
	s, other := f.spec(), f.spec()
	other.ID, other.Name = sandbox.ID(f.project, "other"), "other"
	f.up(s)
	f.up(other)
	have, err := f.Forward(t.Context(), s.ID, spec.PortForward{Inside: 7001, Auto: true})
	if err != nil {
		t.Fatal(err)
	}
	taken := int(netip.MustParseAddrPort(have.Address).Port())
	udp, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = udp.Close() }()
	for _, c := range []struct {
		id   string
		port spec.PortForward
		want string
	}{
		{s.ID, spec.PortForward{Host: taken, Inside: 7002}, "this sandbox, for its port 7001"},
		{other.ID, spec.PortForward{Host: taken, Inside: 7002}, "the sandbox " + s.Name + " of " + s.Project},
		{s.ID, spec.PortForward{Host: udp.LocalAddr().(*net.UDPAddr).Port, Inside: 7002, UDP: true}, "(process " + strconv.Itoa(os.Getpid()) + ")"},
	} {
		_, err := f.Forward(t.Context(), c.id, c.port)
		var port *sandbox.PortError
		if !errors.As(err, &port) || !strings.HasSuffix(port.Holder, c.want) || port.Inside != c.port.Inside {
			t.Errorf("%+v: got %v, want %s", c.port, err, c.want)
		}
	}
}

func TestForward(t *testing.T) {
	f := newEngine(t)
	s := f.spec()
	if _, err := f.Forward(t.Context(), s.ID, spec.PortForward{Inside: 7001}); !errors.Is(err, sandbox.ErrNotFound) {
		t.Errorf("without a sandbox: %v", err)
	}
	f.up(s)
	if state, err := f.Ports(t.Context(), s.ID); err != nil || len(state.Forwards) > 0 {
		t.Errorf("%+v, %v", state, err)
	}
	w, err := f.Forward(t.Context(), s.ID, spec.PortForward{Inside: 7001, Auto: true})
	if err != nil {
		t.Fatal(err)
	}
	f.background(probing(t, "echo", "127.0.0.1:7001"))
	if err := backAndForth(w.Address, []byte("hello")); err != nil {
		t.Error(err)
	}
	if err := f.Unforward(t.Context(), s.ID, 7001); err != nil {
		t.Error(err)
	}
	if _, err := net.Dial("tcp", w.Address); err == nil {
		t.Error("it still leads inside")
	}
	var none *sandbox.NotForwardedError
	if err := f.Unforward(t.Context(), s.ID, 7001); !errors.As(err, &none) {
		t.Errorf("again: %v", err)
	}
	f.down()
	if _, err := f.Forward(t.Context(), s.ID, spec.PortForward{Inside: 7001}); !errors.Is(err, sandbox.ErrNotRunning) {
		t.Errorf("of a stopped one: %v", err)
	}
}

func TestAutoForward(t *testing.T) {
	f := newEngine(t)
	s := f.spec()
	s.Net.AutoForward = true
	f.up(s)
	end := f.background(probing(t, "echo", "[::1]:7101", "127.0.0.1:60999"))
	eventually(t, "it is forwarded", func() bool { return f.portOf(7101) != "" })
	if err := backAndForth(f.portOf(7101), []byte("hello")); err != nil {
		t.Error(err)
	}
	if got := f.portOf(60999); got != "" {
		t.Errorf("a port that the kernel might have chosen is forwarded: %s", got)
	}
	end()
	eventually(t, "it is dropped", func() bool { return f.portOf(7101) == "" })
}

// What is forwarded by itself and asked for stays when its listener ends.
func TestForwardOfWhatIsForwarded(t *testing.T) {
	f := newEngine(t)
	s := f.spec()
	s.Net.AutoForward = true
	f.up(s)
	end := f.background(probing(t, "echo", "127.0.0.1:7102"))
	eventually(t, "it is forwarded", func() bool { return f.portOf(7102) != "" })
	at := netip.MustParseAddrPort(f.portOf(7102))
	for range 2 {
		w, err := f.Forward(t.Context(), s.ID, spec.PortForward{Host: int(at.Port()), Inside: 7102})
		if err != nil || w.Address != at.String() || w.Origin != spec.ForwardAsked {
			t.Errorf("%+v, %v", w, err)
		}
	}
	end()
	time.Sleep(time.Second) // four looks
	if f.portOf(7102) != at.String() {
		t.Error("it is dropped")
	}
	f.background(probing(t, "echo", "127.0.0.1:7102"))
	if err := backAndForth(at.String(), []byte("hello")); err != nil {
		t.Error(err)
	}
}

// What a devcontainer.json says of ports holds for those that forward themselves.
func TestAutoForwardByNotes(t *testing.T) {
	f := newEngine(t)
	s := f.spec()
	_, port, _ := net.SplitHostPort(listenHost(t, "tcp", "127.0.0.1:0"))
	taken, _ := strconv.Atoi(port)
	for taken >= 32768 { // where the kernel chooses from, none is forwarded
		l, err := net.Listen("tcp", "127.0.0.1:"+strconv.Itoa(20000+taken%10000))
		if err == nil {
			t.Cleanup(func() { _ = l.Close() })
			taken = l.Addr().(*net.TCPAddr).Port
			break
		}
		taken++
	}
	s.Net.AutoForward = true
	s.Net.Ports = []spec.PortForward{{Inside: 7105, Auto: true}}
	s.Net.Notes = []spec.PortNote{
		{From: 7103, To: 7103, OnAutoForward: spec.Ignore}, {From: taken, To: taken, ThatPort: true},
		{From: 7104, To: 7104, OnAutoForward: spec.Silent, Protocol: "https", Label: "page"},
	}
	f.up(s)
	f.background(probing(t, "echo", "127.0.0.1:7103", "127.0.0.1:"+strconv.Itoa(taken), "127.0.0.1:7104", "127.0.0.1:7105", "127.0.0.1:7106"))
	eventually(t, "the last is forwarded", func() bool { return f.portOf(7106) != "" && f.portOf(7104) != "" })
	eventually(t, "who listens is known", func() bool { // of what is forwarded from the start, only then
		state, err := f.Ports(t.Context(), s.ID)
		return err == nil && !slices.ContainsFunc(state.Forwards, func(w spec.Forward) bool { return w.Process == "" })
	})
	if f.portOf(7103) != "" || f.portOf(taken) != "" {
		t.Errorf("forwarded: %q, %q", f.portOf(7103), f.portOf(taken))
	}
	state, err := f.Ports(t.Context(), s.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range state.Forwards {
		if w.Process == "" || w.Inside == 7104 && (w.Label != "page" || !strings.HasPrefix(w.URL, "https://")) {
			t.Errorf("%+v", w)
		}
	}
	log := ""
	eventually(t, "what is not silent is told", func() bool {
		var b strings.Builder
		if err := f.Logs(t.Context(), s.ID, &b, false); err != nil {
			t.Fatal(err)
		}
		log = b.String()
		return strings.Contains(log, "7106") && strings.Contains(log, "127.0.0.1:"+strconv.Itoa(taken)+": address already in use")
	})
	if strings.Contains(log, "7104") {
		t.Errorf("log: %s", log)
	}
}

func TestHostLoopback(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	go echo(l)
	other := listenHost(t, "tcp", "127.0.0.1:0")
	_, otherPort, _ := net.SplitHostPort(other)
	port := l.Addr().(*net.TCPAddr).Port
	eachDriver(t, func(t *testing.T, f *fixture, s spec.Spec) {
		s.Net.HostLoopback = []int{port}
		f.up(s)
		to := "host.sandbox.internal:" + strconv.Itoa(port)
		if got := f.probe("dial", "tcp", to, "tcp", "host.sandbox.internal:"+otherPort); got["tcp "+to] != "ok" || got["tcp host.sandbox.internal:"+otherPort] == "ok" {
			t.Errorf("got %v", got)
		}
	})
}
