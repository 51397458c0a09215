package sandbox_test

import (
	"os"
	"strconv"
	"testing"
)

// A number that a process of an earlier start had, and left in a file, is nobody's at the next start: a database
// that was killed looks for its own.
func TestNumbersOfProcesses(t *testing.T) {
	if _, err := os.Stat("/proc/sys/kernel/ns_last_pid"); err != nil {
		t.Log("this kernel begins anew at each start")
		return
	}
	f := newEngine(t)
	own := func() int {
		n, err := strconv.Atoi(f.sh("echo $$"))
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	seen := map[int]bool{}
	for range 3 {
		f.up(f.spec())
		n := own()
		if n < 300 || seen[n] {
			t.Errorf("a process has the number %d; those before had %v", n, seen)
		}
		for old := range seen { // also a thread of the first process would be found
			if got := f.sh("kill -0 " + strconv.Itoa(old) + " 2>/dev/null || echo nobody"); got != "nobody" {
				t.Errorf("%d is somebody again", old)
			}
		}
		seen[n] = true
		f.down()
	}
	// What does not stay has the kernel's numbers, the same each time.
	s := f.spec()
	s.Ephemeral = true
	if n, err := strconv.Atoi(f.good(f.run(s, shell("echo $$")))); err != nil || n > 100 {
		t.Errorf("a run has the number %d, %v", n, err)
	}
}
