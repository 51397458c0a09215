package agent

import (
	"sync"
	"time"

	"github.com/rootless-sandbox/sandbox/userns"
)

// idleAfter is how long nothing must have happened before memory is given back.
const idleAfter = time.Second

// collectAfter is how many requests make garbage that is worth collecting: the
// first collection itself costs more memory than a few of them leave.
const collectAfter = 64

// idler gives memory back when the agent has had nothing to do for a while.
type idler struct {
	mu    sync.Mutex
	timer *time.Timer
	count int // requests since the last collection
}

// touch says that there was something to do.
func (i *idler) touch() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.count++
	if i.timer == nil {
		i.timer = time.AfterFunc(idleAfter, i.giveBack)
		return
	}
	i.timer.Reset(idleAfter)
}

// giveBack gives back what comes again by itself when it is needed.
func (i *idler) giveBack() {
	i.mu.Lock()
	collect := i.count >= collectAfter
	if collect {
		i.count = 0
	}
	i.mu.Unlock()
	_ = userns.Shrink(idleAfter, collect) // without it the process is only larger
}
