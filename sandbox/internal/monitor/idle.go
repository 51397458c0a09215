package monitor

import (
	"runtime/debug"
	"sync"
	"time"
)

// idleAfter is how long no connection must have ended before memory and
// descriptors are given back.
const idleAfter = time.Second

// idle gives back what is kept for the next connections: package net keeps the
// pipes of splice(2) until the collector comes by, twice, which in a process that
// has nothing to do is minutes away.
type idle struct {
	mu    sync.Mutex
	timer *time.Timer
}

func (i *idle) touch() {
	if i == nil {
		return
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.timer == nil {
		i.timer = time.AfterFunc(idleAfter, func() {
			for range 3 { // the third one runs what the second one found
				debug.FreeOSMemory()
			}
		})
		return
	}
	i.timer.Reset(idleAfter)
}
