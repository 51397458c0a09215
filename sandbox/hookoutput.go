package sandbox

import (
	"io"
	"strings"
	"sync"
)

// logPrefix tells apart in the log what commands print that run side by side.
func logPrefix(name string) string {
	if _, entry, ok := strings.Cut(name, "."); ok {
		return entry + " | "
	}
	return ""
}

// lockedWriter lets several hooks write at once.
type lockedWriter struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *lockedWriter) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(b)
}
