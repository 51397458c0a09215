package sandbox_test

import (
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

// listenHost listens where programs of a host do.
func listenHost(t *testing.T, network, address string) string {
	t.Helper()
	l, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l.Addr().String()
}

// Rows 18 and 20: nothing of the host's network is there.
func TestThreat20HostSockets(t *testing.T) {
	f := newEngine(t)
	tcp := listenHost(t, "tcp", "127.0.0.1:0")
	abstract := listenHost(t, "unix", "@sandbox-test-"+strconv.Itoa(os.Getpid()))
	dir, err := os.MkdirTemp("/tmp", "s")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	named := listenHost(t, "unix", filepath.Join(dir, "s"))
	f.up(f.spec())
	f.eachUser("dial", []string{"tcp", tcp, "unix", abstract, "unix", named, "tcp", "169.254.169.254:80"},
		func(t *testing.T, got map[string]string) { wantRefused(t, got) })
}

func TestThreat18And19NoSockets(t *testing.T) {
	f := newEngine(t)
	listenHost(t, "unix", "@sandbox-test-list-"+strconv.Itoa(os.Getpid()))
	f.up(f.spec())
	if got := f.probe("sockets"); len(got) > 0 {
		t.Errorf("sockets inside: %v", got)
	}
}

func TestThreat19Environment(t *testing.T) {
	t.Setenv("SANDBOX_TEST_TOKEN", "secret")
	t.Setenv("SSH_AUTH_SOCK", "/tmp/agent")
	f := newEngine(t)
	f.up(f.spec())
	for _, c := range []spec.Command{shell("env; cat /proc/1/environ"), asRoot(shell("env; cat /proc/1/environ"))} {
		a := f.exec(c)
		for _, secret := range []string{"SANDBOX_TEST_TOKEN", "secret", "SSH_AUTH_SOCK"} {
			if strings.Contains(a.out, secret) {
				t.Errorf("%s is inside: %s", secret, a.out)
			}
		}
	}
}

func TestThreat23HostProcesses(t *testing.T) {
	f := newEngine(t)
	info := f.up(f.spec())
	f.eachUser("signal", []string{strconv.Itoa(os.Getpid()), strconv.Itoa(info.PID)},
		func(t *testing.T, got map[string]string) { wantRefused(t, got) })
	f.eachUser("signal", []string{"1"}, func(t *testing.T, got map[string]string) {
		for _, what := range []string{"ptrace 1", "memory 1"} {
			if got[what] == "ok" {
				t.Errorf("%s worked", what)
			}
		}
	})
}

func TestThreat25Chroot(t *testing.T) {
	f := newEngine(t)
	f.up(f.spec())
	outside := filepath.Join(f.data, "sandboxes")
	got := f.results(f.exec(asRoot(probing(t, "chroot", f.project, outside, "/proc/1/root/etc"))))
	if got[outside] == "ok" || got["/proc/1/root/etc"] == "ok" {
		t.Errorf("got %v, want no way out", got)
	}
}

func TestThreat34Home(t *testing.T) {
	home := host(t).Home
	before := read(t, filepath.Join(home, ".bashrc"))
	f := newEngine(t)
	f.up(f.spec())
	f.sh("echo planted >> ~/.bashrc; mkdir -p ~/.ssh; echo planted > ~/.ssh/authorized_keys_test")
	if after := read(t, filepath.Join(home, ".bashrc")); after != before {
		t.Errorf("the host's .bashrc is now %q", after)
	}
	if read(t, filepath.Join(home, ".ssh/authorized_keys_test")) != "" {
		t.Error("a file was made in the host's home")
	}
	if got := f.sh("cat ~/.bashrc | tail -n1"); got != "planted" {
		t.Errorf("got %q inside, want what was written", got)
	}
}
