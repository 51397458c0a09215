package egress

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"sync"

	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

// maxLog is how long the file gets; then it becomes the older one, of which one is kept.
const maxLog = 1 << 20

const olderSuffix = ".1"

// Log is a file of decisions, one JSON object a line. It is bounded.
type Log struct {
	path string
	mu   sync.Mutex
	f    *os.File
	size int64
}

// OpenLog appends to the file; without a path nothing is kept.
func OpenLog(path string) (*Log, error) {
	l := &Log{path: path}
	return l, l.open()
}

func (l *Log) open() error {
	if l.path == "" {
		return nil
	}
	f, err := os.OpenFile(l.path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	st, err := f.Stat()
	if err != nil {
		_ = f.Close()
		return err
	}
	l.f, l.size = f, st.Size()
	return nil
}

// Add writes one. A log that cannot be written stops nobody.
func (l *Log) Add(d spec.Egress) {
	b, err := json.Marshal(d)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.f == nil || err != nil {
		return
	}
	if l.size > maxLog {
		_ = l.f.Close()
		l.f = nil
		if os.Rename(l.path, l.path+olderSuffix) != nil || l.open() != nil {
			return
		}
	}
	n, _ := l.f.Write(append(b, '\n'))
	l.size += int64(n)
}

// ReadLog gives what the files have, the oldest first; a line that is no decision is passed over.
func ReadLog(path string) ([]spec.Egress, error) {
	var all []spec.Egress
	for _, name := range []string{path + olderSuffix, path} {
		f, err := os.Open(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		all = append(all, parseLog(f)...)
		_ = f.Close()
	}
	return all, nil
}

func parseLog(r io.Reader) []spec.Egress {
	var all []spec.Egress
	for lines := bufio.NewScanner(io.LimitReader(r, 2*maxLog)); lines.Scan(); {
		var d spec.Egress
		if json.Unmarshal(lines.Bytes(), &d) == nil && d.Host != "" {
			all = append(all, d)
		}
	}
	return all
}
