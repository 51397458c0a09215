package sandbox_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rootless-sandbox/sandbox/sandbox"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

// webServer serves on an address of this machine that is not its loopback's.
func webServer(t *testing.T) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", net.JoinHostPort(ownAddress(t, false), "0"))
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello\n") }))
	_ = s.Listener.Close()
	s.Listener = l
	s.Start()
	t.Cleanup(s.Close)
	return l.Addr().String()
}

// connect asks the proxy for a connection and prints the status line of each answer.
func connect(addresses ...string) string {
	script := ""
	for _, a := range addresses {
		script += fmt.Sprintf("exec 3<>/dev/tcp/127.0.0.13/3128; printf 'CONNECT %s HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n' >&3; head -n 1 <&3 | cut -d' ' -f2; exec 3>&-\n", a)
	}
	return script
}

func TestFiltered(t *testing.T) {
	f := newEngine(t)
	s := f.spec()
	web := webServer(t)
	s.Network, s.Net.Allow = spec.NetworkFiltered, []string{web}
	f.up(s)
	bash := func(script string) string {
		t.Helper()
		return strings.Join(strings.Fields(f.good(f.exec(spec.Command{Args: []string{"/bin/bash", "-c", script}}))), " ")
	}
	other := webServer(t)
	if got := bash(connect(web, other, "127.0.0.1:22", "169.254.169.254:80", "nowhere.invalid:443")); got != "200 403 403 403 403" {
		t.Errorf("the proxy answers %s", got)
	}
	got := bash(fmt.Sprintf("exec 3<>/dev/tcp/127.0.0.13/3128; printf 'GET http://%s/ HTTP/1.0\\r\\n\\r\\n' >&3; tail -n 1 <&3", web))
	if got != "hello" {
		t.Errorf("got %q", got)
	}
	// Nothing leads around it.
	host, port, _ := net.SplitHostPort(web)
	if got := bash("(exec 3<>/dev/tcp/" + host + "/" + port + ") 2>/dev/null || echo none; cut -d: -f1 -s /proc/net/dev"); got != "none lo" {
		t.Errorf("beside the proxy: %q", got)
	}
	log, err := f.EgressLog(t.Context(), s.ID)
	if err != nil || len(log) != 6 || log[0].Verdict != spec.EgressAllowed || log[0].Rule != web || log[1].Why != sandbox.NotListed {
		t.Errorf("%+v, %v", log, err)
	}
	for _, d := range log {
		if d.Process != "bash" {
			t.Errorf("asked by %q: %+v", d.Process, d)
		}
	}
	state, err := f.Ports(t.Context(), s.ID)
	if err != nil || state.Driver != "proxy" || state.Lost != "" {
		t.Errorf("%+v, %v", state, err)
	}
}

func TestFilteredRun(t *testing.T) {
	f := newEngine(t)
	s := f.spec()
	web := webServer(t)
	s.Network, s.Net.LearnTo = spec.NetworkFiltered, filepath.Join(t.TempDir(), "egress")
	got := f.good(f.run(s, spec.Command{Args: []string{"/bin/bash", "-c", connect(web, "nowhere.invalid:1")}}))
	// The server's address is a private one on most machines: a learning proxy opens what is public alone.
	if words := strings.Fields(got); len(words) != 2 || words[1] != "502" {
		t.Errorf("got %q", got)
	}
	log, err := sandbox.ReadEgress(s.Net.LearnTo)
	if err != nil || len(log) != 2 || log[1].Verdict != spec.EgressFailed || log[1].Host != "nowhere.invalid" {
		t.Errorf("%+v, %v", log, err)
	}
}

func TestFilteredRefusesUnknownTools(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	f := newEngine(t)
	s := f.spec()
	s.Network, s.Net.Allow = spec.NetworkFiltered, []string{"tool:npm"}
	_, err := f.Run(t.Context(), s, spec.Command{Args: []string{"/bin/true"}}, sandbox.Streams{}, nil)
	if err == nil || !strings.Contains(err.Error(), "tool:npm") {
		t.Errorf("got %v", err)
	}
	s.Net.LearnTo = filepath.Join(t.TempDir(), "egress") // which is the way out that is advised
	f.good(f.run(s, spec.Command{Args: []string{"/bin/true"}}))
}
