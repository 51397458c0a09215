package sandbox_test

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

func TestThreat16TerminalInput(t *testing.T) {
	f := newEngine(t)
	f.up(f.spec())
	for _, root := range []bool{false, true} {
		c := terminalProbe(t, "terminal")
		c.Root = root
		got := f.results(f.exec(c))
		wantRefused(t, got)
		for _, what := range []string{"TIOCSTI", "TIOCSTI high"} {
			if got[what] != "operation not permitted" && got[what] != "input/output error" {
				t.Errorf("%s: got %s, want EPERM or EIO", what, got[what])
			}
		}
	}
}

func TestThreat24Keyrings(t *testing.T) {
	f := newEngine(t)
	f.up(f.spec())
	f.eachUser("keys", nil, wantRefused)
}

func TestThreat26Mounts(t *testing.T) {
	f := newEngine(t)
	f.up(f.spec())
	f.eachUser("mounts", []string{f.project}, func(t *testing.T, got map[string]string) {
		if f.spec().IDs == spec.IDsSingle {
			delete(got, "mknod") // pretended, with no node made
		}
		wantRefused(t, got)
	})
}

func TestThreat26MaskedFiles(t *testing.T) {
	f := newEngine(t)
	f.up(f.spec())
	masked := []string{"/proc/kcore", "/proc/keys", "/proc/timer_list", "/proc/interrupts", "/sys/firmware"}
	if os.Getuid() == 0 {
		masked = append(masked, "/etc/shadow")
	}
	f.eachUser("files", masked, func(t *testing.T, got map[string]string) {
		for path, text := range got {
			if text != "" && !strings.HasPrefix(text, "error:") {
				t.Errorf("%s reads %q", path, text)
			}
		}
	})
}

func TestThreat26Capabilities(t *testing.T) {
	f := newEngine(t)
	f.up(f.spec())
	const docker = 0xa80425fb
	f.eachUser("ids", nil, func(t *testing.T, got map[string]string) {
		for _, set := range []string{"CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"} {
			n, err := strconv.ParseUint(got[set], 16, 64)
			if err != nil || n&^docker != 0 {
				t.Errorf("%s is %s, %v; want no more than %x", set, got[set], err, docker)
			}
		}
	})
}

func TestThreat27Namespaces(t *testing.T) {
	f := newEngine(t)
	f.up(f.spec())
	f.eachUser("namespaces", nil, wantRefused)
}

// Rows 28 and 37.
func TestThreat37Calls(t *testing.T) {
	f := newEngine(t)
	f.up(f.spec())
	f.eachUser("calls", nil, func(t *testing.T, got map[string]string) {
		wantRefused(t, got)
		for what, came := range got {
			switch came {
			case "operation not permitted", "function not implemented", "address family not supported by protocol":
			default:
				t.Errorf("%s: got %s, want a refusal", what, came)
			}
		}
	})
}

// A set-user-id file has no effect inside. On the host it is the caller's own
// file with the mode that the caller, inside, gave it.
func TestThreat29SetUserID(t *testing.T) {
	f := newEngine(t)
	f.up(f.spec())
	probe := probing(t, "ids")
	planted := filepath.Join(f.project, "planted")
	f.good(f.exec(asRoot(shell("cp " + probe.Args[0] + " " + planted + " && chown 0:0 " + planted + " && chmod 6755 " + planted))))
	before := f.probe("ids")
	probe.Args[0] = planted
	after := f.results(f.exec(probe))
	if after["euid"] != before["euid"] || after["egid"] != before["egid"] || after["CapEff"] != before["CapEff"] {
		t.Errorf("got %v, want %v", after, before)
	}
	st, err := os.Stat(planted)
	if err != nil {
		t.Fatal(err)
	}
	if f.spec().User.UID != 0 && f.spec().IDs == spec.IDsRange && st.Mode()&(os.ModeSetuid|os.ModeSetgid) != 0 {
		t.Errorf("the mode is %v after the file was given back", st.Mode())
	}
}

func TestThreat30CoreDumps(t *testing.T) {
	f := newEngine(t)
	f.up(f.spec())
	f.eachUser("ids", nil, func(t *testing.T, got map[string]string) {
		if got["core"] != "0" {
			t.Errorf("the limit is %s", got["core"])
		}
	})
	a := f.exec(asRoot(shell("ulimit -c unlimited 2>/dev/null; kill -SEGV $$")))
	if a.err != nil || a.exit.Signal != 11 || a.exit.Code != 139 {
		t.Errorf("got %+v, %v; want signal 11", a.exit, a.err)
	}
	if got := names(t, f.project); len(got) > 0 {
		t.Errorf("left in the project: %v", got)
	}
}
