package agent

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/rootless-sandbox/sandbox/userns"
)

// idleAfter is how long nothing must have happened before memory is given back.
const idleAfter = time.Second

// collectAfter is how many requests make garbage that is worth collecting: the
// first collection itself costs more memory than a few of them leave.
const collectAfter = 64

// idler gives memory back when the agent has had nothing to do for a while. One
// goroutine does it for ever: the end of one would bring much of it back.
type idler struct {
	once  sync.Once
	wake  chan struct{}
	count atomic.Int64 // requests so far
}

// touch says that there was something to do.
func (i *idler) touch() {
	i.once.Do(func() {
		i.wake = make(chan struct{}, 1)
		go i.run()
	})
	i.count.Add(1)
	select {
	case i.wake <- struct{}{}:
	default:
	}
}

func (i *idler) run() {
	var collected int64
	for range i.wake {
		seen := int64(-1)
		for now := i.count.Load(); now != seen; now = i.count.Load() {
			seen = now
			time.Sleep(idleAfter)
		}
		collect := seen-collected >= collectAfter
		if collect {
			collected = seen
		}
		_ = userns.Shrink(idleAfter, collect) // without it the process is only larger
	}
}
