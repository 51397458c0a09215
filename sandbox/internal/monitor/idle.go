package monitor

import (
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rootless-sandbox/sandbox/userns"
)

// idleAfter is how long no connection must have ended before memory and
// descriptors are given back.
const idleAfter = time.Second

// idle gives back what is kept for the next connections: package net keeps the
// pipes of splice(2) until the collector comes by, twice, which in a process that
// has nothing to do is minutes away. One goroutine does it to the end: that of
// one for each time would bring some of it back.
type idle struct {
	ending <-chan struct{}
	once   sync.Once
	wake   chan struct{}
	count  atomic.Int64 // of connections and messages so far
}

// moved tells that a connection is in use.
func (i *idle) moved() {
	if i != nil {
		i.count.Add(1)
	}
}

func (i *idle) touch() {
	if i == nil {
		return
	}
	i.count.Add(1)
	i.start()
}

// start begins with the memory that the start took.
func (i *idle) start() {
	i.once.Do(func() {
		i.wake = make(chan struct{}, 1)
		go i.run()
	})
	select {
	case i.wake <- struct{}{}:
	default:
	}
}

func (i *idle) run() {
	var collected int64
	for {
		select {
		case <-i.ending:
			return
		case <-i.wake:
		}
		seen := int64(-1)
		for now := i.count.Load(); now != seen; now = i.count.Load() {
			seen = now
			time.Sleep(idleAfter)
		}
		if seen != collected {
			collected = seen
			for range 3 { // the third one runs what the second one found
				debug.FreeOSMemory()
			}
		}
		_ = userns.Shrink(idleAfter, false) // without it the process is only larger
	}
}
