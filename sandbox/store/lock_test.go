package store

import (
	"context"
	"errors"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func TestLockIsOneAtATime(t *testing.T) {
	s := open(t)
	var inside, most, turns atomic.Int32
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			unlock, err := s.Lock(context.Background(), "4f2a9c")
			if err != nil {
				t.Error(err)
				return
			}
			if n := inside.Add(1); n > 1 {
				most.Store(n)
			}
			turns.Add(1)
			time.Sleep(time.Millisecond)
			inside.Add(-1)
			unlock()
			unlock() // again does no harm
		})
	}
	all.Wait()
	if most.Load() != 0 || turns.Load() != 20 {
		t.Errorf("%d at once, %d turns", most.Load(), turns.Load())
	}
}

// Each holder throws the sandbox away, so that the next must make it anew: no
// one may sit on the lock of a directory that is gone.
func TestLockSurvivesRemoval(t *testing.T) {
	s := open(t)
	var inside, turns atomic.Int32
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			unlock, err := s.Lock(context.Background(), "4f2a9c")
			if err != nil {
				t.Error(err)
				return
			}
			defer unlock()
			if inside.Add(1) != 1 {
				t.Error("two at once")
			}
			if _, err := os.Stat(s.Sandbox("4f2a9c").Lock()); err != nil {
				t.Error(err)
			}
			inside.Add(-1) // once it is out of the way, another makes a new one
			d, done, err := s.Discard("4f2a9c")
			if err != nil {
				t.Error(err)
				return
			}
			defer done()
			if err := d.Remove(); err != nil {
				t.Error(err)
			}
			turns.Add(1)
		})
	}
	all.Wait()
	if turns.Load() != 20 {
		t.Errorf("%d turns", turns.Load())
	}
	if stale, err := s.Stale(); err != nil || len(stale) != 0 {
		t.Errorf("left behind: %v (%v)", stale, err)
	}
}

func TestLockEndsWithItsContext(t *testing.T) {
	s := locked(t, "4f2a9c")
	ctx, cancel := context.WithCancel(t.Context())
	got := make(chan error)
	go func() {
		_, err := s.Lock(ctx, "4f2a9c")
		got <- err
	}()
	cancel()
	if err := <-got; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestLockOfAnotherSandboxDoesNotWait(t *testing.T) {
	s := locked(t, "4f2a9c")
	unlock, err := s.Lock(t.Context(), "000000")
	if err != nil {
		t.Fatal(err)
	}
	unlock()
}

func TestLockOfKilledHolderIsFree(t *testing.T) {
	s := open(t)
	holder := startHelper(t, "hold", s.Data(), s.Runtime())
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := s.Lock(ctx, "4f2a9c"); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("the holder does not hold: %v", err)
	}
	must(holder.Process.Kill())
	unlock, err := s.Lock(t.Context(), "4f2a9c")
	if err != nil {
		t.Fatal(err)
	}
	unlock()
}

func holdLock(data, runtime string) {
	s, err := Open(data, runtime)
	must(err)
	_, err = s.Lock(context.Background(), "4f2a9c")
	must(err)
	_, err = os.Stdout.WriteString("!")
	must(err)
	<-time.After(time.Minute)
}
