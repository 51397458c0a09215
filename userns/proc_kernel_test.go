package userns_test

import (
	"strings"
	"testing"

	"github.com/rootless-sandbox/sandbox/userns"
)

// TestCoveredProc: where something covers a part of /proc the kernel refuses a
// new one (EPERM), as in most containers. The outer one is shown, and we say so.
func TestCoveredProc(t *testing.T) {
	const hidden, cover = "/proc/interrupts", "/proc/tty"
	inner := launch(t, task{Do: "look", Files: []string{cover, hidden, "/proc/sys"}}, userns.Op{Kind: userns.OpStandard})
	outer := userns.Launch{IDs: inner.IDs, Payload: payload(t, task{Do: "nest", Cover: cover, Inner: &inner})}
	s, p := run(t, outer)
	if len(p.Degraded) > 0 {
		t.Errorf("the outer one: %v", p.Degraded)
	}
	if !covered(s.Degraded) || s.Degraded[0].Why == "" {
		t.Fatalf("degraded: %v, want proc", s.Degraded)
	}
	if !strings.Contains(s.Mounts, " /proc ") || !strings.Contains(s.Mounts, " "+cover+" ") {
		t.Errorf("what was covered is open inside:\n%s", s.Mounts)
	}
	if !s.Files["/proc/sys"].RO || !strings.Contains(s.Mounts, " "+hidden+" ") {
		t.Errorf("the masks are not there: %+v\n%s", s.Files, s.Mounts)
	}
}
