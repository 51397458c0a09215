package local

import (
	"io"
	"sync"
	"time"

	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

// progress counts the bytes of one image as they arrive, over all of its layers.
type progress struct {
	name  string
	emit  func(spec.Event)
	mu    sync.Mutex
	done  int64
	total int64
	told  time.Time
}

// interval is the least time between two events.
const interval = 100 * time.Millisecond

func (p *progress) expect(n int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.total += n
}

func (p *progress) add(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done += int64(n)
	if now := time.Now(); now.Sub(p.told) >= interval {
		p.told = now
		p.emit(spec.Event{Kind: "progress", Name: p.name, Done: p.done, Total: p.total})
	}
}

// counted counts what is read.
type counted struct {
	io.Reader
	progress *progress
}

func (c counted) Read(b []byte) (int, error) {
	n, err := c.Reader.Read(b)
	c.progress.add(n)
	return n, err
}
