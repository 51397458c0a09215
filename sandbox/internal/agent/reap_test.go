package agent

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"testing"
	"time"
)

// A reaper waits for every child of its process, the test's own too; so each
// test of it is a process of this binary.
const reaperEnv = "SANDBOX_TEST_REAPER"

func TestMain(m *testing.M) {
	name := os.Getenv(reaperEnv)
	if name == "" {
		os.Exit(m.Run())
	}
	r := newReaper()
	go r.run()
	if err := reaperTests()[name](r); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	if n := len(r.waiting); n > 0 {
		fmt.Println(n, "are still waited for")
		os.Exit(1)
	}
}

func TestReaper(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for name := range reaperTests() {
		t.Run(name, func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), self)
			cmd.Env = append(os.Environ(), reaperEnv+"="+name)
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}

func reaperTests() map[string]func(*reaper) error {
	return map[string]func(*reaper) error{
		"ended before it is known":   reapEarly,
		"many at once":               reapMany,
		"what could not be executed": reapFailed,
		"a pause between":            reapAgain,
		"orphans":                    reapOrphans,
		"a signal":                   reapKilled,
	}
}

// sh gives what starts a script.
func sh(script string) func() (int, error) {
	return func() (int, error) {
		return syscall.ForkExec("/bin/sh", []string{"sh", "-c", script}, &syscall.ProcAttr{Env: os.Environ(), Files: []uintptr{0, 1, 2}})
	}
}

// reap starts and demands an exit status.
func reap(r *reaper, begin func() (int, error), want int) error {
	_, ended, err := r.start(begin)
	if err != nil {
		return err
	}
	if ws := <-ended; exitOf(ws).Code != want {
		return fmt.Errorf("it ended with %v, want %d", exitOf(ws), want)
	}
	return nil
}

// reapEarly: the child is dead before start knows its number.
func reapEarly(r *reaper) error {
	return reap(r, func() (int, error) {
		pid, err := sh("exit 7")()
		for err == nil && alive(pid) {
			time.Sleep(time.Millisecond)
		}
		return pid, err
	}, 7)
}

// alive reports whether a child still runs.
func alive(pid int) bool {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	p, ok := parseStat(string(b))
	return err == nil && ok && !p.zombie
}

// reapMany: each gets its own status, whoever ends first.
func reapMany(r *reaper) error {
	errs := make([]error, 100)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() { errs[i] = reap(r, sh(fmt.Sprint("exit ", i)), i) })
	}
	wg.Wait()
	return errors.Join(errs...)
}

// reapFailed: ForkExec waits for its failed child itself, or the reaper does; nobody else notices.
func reapFailed(r *reaper) error {
	_, ended, err := r.start(sh("sleep 0.2; exit 3"))
	if err != nil {
		return err
	}
	for range 20 {
		_, _, err := r.start(func() (int, error) { return syscall.ForkExec("/nonexistent", []string{"x"}, &syscall.ProcAttr{}) })
		if err != syscall.ENOENT {
			return fmt.Errorf("got %v, want ENOENT", err)
		}
	}
	if ws := <-ended; exitOf(ws).Code != 3 {
		return fmt.Errorf("the one beside them ended with %v", exitOf(ws))
	}
	return reap(r, sh("exit 4"), 4)
}

// reapAgain: after a time without any child.
func reapAgain(r *reaper) error {
	for i := range 3 {
		if err := reap(r, sh("exit 5"), 5); err != nil {
			return fmt.Errorf("round %d: %w", i, err)
		}
		if err := childless(); err != nil {
			return err
		}
	}
	return nil
}

// reapOrphans: as the first process inside we are the parent of who has none.
func reapOrphans(r *reaper) error {
	const subreaper = 36 // PR_SET_CHILD_SUBREAPER
	if _, _, e := syscall.RawSyscall(syscall.SYS_PRCTL, subreaper, 1, 0); e != 0 {
		return e
	}
	if err := reap(r, sh("for i in 1 2 3 4 5; do (sleep 0.05; exit 9) & done; exit 6"), 6); err != nil {
		return err
	}
	return childless()
}

func reapKilled(r *reaper) error {
	_, ended, err := r.start(sh("kill -9 $$"))
	if err != nil {
		return err
	}
	if x := exitOf(<-ended); x.Code != 137 || x.Signal != 9 {
		return fmt.Errorf("got %+v", x)
	}
	return nil
}

// childless waits until this process has no child, not even a dead one.
func childless() error {
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if n, err := children(); n == 0 || err != nil {
			return err
		}
	}
	return errors.New("some child stays")
}

func children() (n int, err error) {
	entries, err := os.ReadDir("/proc")
	for _, e := range entries {
		b, _ := os.ReadFile("/proc/" + e.Name() + "/stat")
		if p, ok := parseStat(string(b)); ok && p.parent == os.Getpid() {
			n++
		}
	}
	return n, err
}
