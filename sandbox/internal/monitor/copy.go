package monitor

import (
	"io"
	"net"
	"sync"
)

// join copies between two connections until both directions have ended. The end of one
// direction is passed on as such (a half-closed connection); an error ends both. Between
// TCP connections the bytes of a stream stay in the kernel (splice(2), by package net). i, which may be nil, hears of it.
func join(a, b *net.TCPConn, i *idle) {
	var both sync.WaitGroup
	direction := func(to, from *net.TCPConn) {
		if err := pass(to, from, i); err != nil {
			// The other side learns that it did not end well.
			_ = to.SetLinger(0)
			_ = from.SetLinger(0)
			_ = to.Close()
			_ = from.Close()
			return
		}
		_ = to.CloseWrite()
	}
	both.Go(func() { direction(a, b) })
	direction(b, a)
	both.Wait()
	_ = a.Close()
	_ = b.Close()
}

// messageSize is what is copied by hand: a request or an answer of usual size is cheaper
// that way than through a pipe, and takes no descriptors for one.
const messageSize = 16 << 10

// pass copies to the end: messages by hand, and what fills more than one at once in the kernel.
func pass(to, from *net.TCPConn, i *idle) error {
	buf := make([]byte, messageSize)
	for {
		n, err := from.Read(buf)
		i.moved()
		if n > 0 {
			if _, err := to.Write(buf[:n]); err != nil {
				return err
			}
		}
		switch {
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		case n == len(buf):
			_, err := io.Copy(to, from)
			return err
		}
	}
}

// conns are those that are open, to be closed together.
type conns struct {
	idle   *idle // may be nil
	mu     sync.Mutex
	open   map[io.Closer]struct{}
	closed bool
	done   sync.WaitGroup
}

// serve runs do for a connection that is closed with the others.
func (c *conns) serve(conn io.Closer, do func()) {
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		_ = conn.Close()
		return
	}
	if c.open == nil {
		c.open = map[io.Closer]struct{}{}
	}
	c.open[conn] = struct{}{}
	c.done.Add(1)
	c.mu.Unlock()
	go func() {
		defer c.done.Done()
		do()
		_ = conn.Close()
		c.mu.Lock()
		delete(c.open, conn)
		c.mu.Unlock()
		c.idle.touch()
	}()
}

// close closes all and waits until nobody works on them.
func (c *conns) close() {
	c.mu.Lock()
	c.closed = true
	for conn := range c.open {
		_ = conn.Close()
	}
	c.mu.Unlock()
	c.done.Wait()
}
