package main

import (
	"testing"
	"time"
)

func TestMedian(t *testing.T) {
	for want, f := range map[time.Duration]figures{
		3: {3}, 4: {5, 3}, 5: {9, 5, 1}, 6: {1, 100, 5, 7},
	} {
		if got := f.median(); got != want {
			t.Errorf("median of %v: %d, want %d", f, got, want)
		}
	}
}

func TestInterleaveTakesTurns(t *testing.T) {
	f, err := interleave(3, command{args: []string{"true"}}, command{args: []string{"true"}})
	if err != nil {
		t.Fatal(err)
	}
	if len(f) != 2 || len(f[0]) != 3 || len(f[1]) != 3 {
		t.Errorf("got %v", f)
	}
}

func TestInterleaveRefusesAFailingCommand(t *testing.T) {
	if _, err := interleave(1, command{args: []string{"false"}}); err == nil {
		t.Error("no error")
	}
}

func TestVerdicts(t *testing.T) {
	b := &bench{}
	b.atMost("a", figures{20}, figures{10}, 2)
	b.faster("b", figures{10}, figures{120}, 12)
	if b.missed() {
		t.Errorf("%+v", b.rows)
	}
	b.read("c", figures{90}, figures{10})
	if b.missed() {
		t.Error("a row without a bar was missed")
	}
	b.atMost("d", figures{21}, figures{10}, 2)
	if !b.missed() {
		t.Error("a missed bar was not seen")
	}
}
