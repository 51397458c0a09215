package agent

import (
	"sync"
	"syscall"
)

// reaper waits for every child: the commands that were started, and orphans
// that became children of the first process.
type reaper struct {
	mu      sync.Mutex // held while a child is started, so that its end is never seen before its entry
	some    *sync.Cond // signalled when there is a child to wait for
	waiting map[int]chan<- syscall.WaitStatus
	started int // counts starts, to see that there was one since the last look
}

func newReaper() *reaper {
	r := &reaper{waiting: make(map[int]chan<- syscall.WaitStatus)}
	r.some = sync.NewCond(&r.mu)
	return r
}

// start runs begin, which starts a child, and answers how the child ended on the channel.
func (r *reaper) start(begin func() (int, error)) (int, <-chan syscall.WaitStatus, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	pid, err := begin()
	if err != nil {
		return 0, nil, err
	}
	ended := make(chan syscall.WaitStatus, 1)
	r.waiting[pid] = ended
	r.started++
	r.some.Signal()
	return pid, ended, nil
}

// run never returns. While there are no children there can be no orphans: a
// process becomes our child before its parent, our child, is waited for.
func (r *reaper) run() {
	for {
		r.mu.Lock()
		before := r.started
		r.mu.Unlock()
		var ws syscall.WaitStatus
		pid, err := syscall.Wait4(-1, &ws, 0, nil)
		switch err {
		case nil:
			r.ended(pid, ws)
		case syscall.ECHILD:
			r.mu.Lock()
			for r.started == before {
				r.some.Wait()
			}
			r.mu.Unlock()
		}
	}
}

func (r *reaper) ended(pid int, ws syscall.WaitStatus) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if ch, ok := r.waiting[pid]; ok {
		delete(r.waiting, pid)
		ch <- ws
	}
}
