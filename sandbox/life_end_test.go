package sandbox_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/rootless-sandbox/sandbox/sandbox"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

// Who is asked to end does so with all that it started, also what left its session or does not want to;
// and the answer comes when nothing of it is left.
func TestLifeEnd(t *testing.T) {
	f := newEngine(t)
	f.up(f.spec())
	for name, c := range map[string]struct {
		script string
		grace  time.Duration
		code   int
	}{
		"willing":     {"trap 'echo asked > asked; exit 3' TERM; echo > ready; while :; do sleep 0.01; done", time.Minute, 3},
		"unwilling":   {"trap '' TERM; echo > ready; sleep 1000; sleep 1000", 50 * time.Millisecond, 128 + 9},
		"with others": {"sleep 1000 & setsid sleep 1000 & (sleep 1000 &); setsid sh -c 'trap \"\" TERM; echo > ready; sleep 0.02; sleep 1000' & wait", 50 * time.Millisecond, 128 + 15},
	} {
		t.Run(name, func(t *testing.T) {
			ready := filepath.Join(f.project, "ready")
			_ = os.Remove(ready)
			end := make(chan time.Duration)
			go func() {
				eventually(t, "the command runs", func() bool { _, err := os.Stat(ready); return err == nil })
				end <- c.grace
			}()
			x, err := f.Exec(t.Context(), sandbox.ID(f.project, ""), shell(c.script), sandbox.Streams{End: end}, nil)
			if err != nil || x.Code != c.code {
				t.Errorf("got %+v, %v; want %d", x, err, c.code)
			}
			if i, err := f.Inspect(t.Context(), sandbox.ID(f.project, "")); err != nil || i.Processes != 0 {
				t.Errorf("%d processes are left, %v", i.Processes, err)
			}
		})
	}
	if f.good(f.exec(spec.Command{Args: []string{"cat", "asked"}})) != "asked" {
		t.Error("the command was not asked")
	}
}
