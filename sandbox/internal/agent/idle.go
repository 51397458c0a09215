package agent

import (
	"sync"
	"time"

	"github.com/rootless-sandbox/sandbox/userns"
)

// idleAfter is how long nothing must have happened before memory is given back.
const idleAfter = time.Second

// idler gives memory back when the agent has had nothing to do for a while.
type idler struct {
	mu    sync.Mutex
	timer *time.Timer
}

// touch says that there was something to do.
func (i *idler) touch() {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.timer == nil {
		i.timer = time.AfterFunc(idleAfter, giveBack)
		return
	}
	i.timer.Reset(idleAfter)
}

// giveBack costs a garbage collection; whatever is needed again comes back by itself.
func giveBack() {
	_ = userns.Shrink(idleAfter) // without it the process is only larger
}
