package agent

import (
	"os"
	"testing"
)

const status = "Name:\tpostgres\nVmRSS:\t  120 kB\nRssAnon:\t   20 kB\nRssFile:\t   60 kB\nRssShmem:\t   40 kB\nThreads:\t1\n"

func TestResident(t *testing.T) {
	for text, want := range map[string][2]int64{
		status:                        {20 << 10, 100 << 10},
		"":                            {0, 0},
		"RssAnon: many kB\nRssFile\n": {0, 0},
		"Name:\tRssAnon\nState:\tZ\n": {0, 0}, // the dead have none
	} {
		if own, shared := resident(text); own != want[0] || shared != want[1] {
			t.Errorf("%q: got %d, %d", text, own, shared)
		}
	}
}

// What processes share is counted once.
func TestSumCountsSharedMemoryOnce(t *testing.T) {
	var once, twice sum
	once.add(os.Getpid())
	twice.add(os.Getpid())
	twice.add(os.Getpid())
	if once.Processes != 1 || once.all().Memory <= once.shared || once.shared == 0 {
		t.Errorf("got %+v", once)
	}
	if twice.Processes != 2 || twice.all().Memory >= 2*once.all().Memory {
		t.Errorf("got %+v of two, %+v of one", twice, once)
	}
	was := twice
	if twice.add(1 << 30); twice != was {
		t.Errorf("nobody was counted: %+v", twice)
	}
}
