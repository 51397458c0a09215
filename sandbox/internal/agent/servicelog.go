package agent

import (
	"bufio"
	"io"
	"os"
	"sync"
	"time"
)

// Bounds of a service's log. The older part is what the file had when it was full.
const (
	maxServiceLog  = 10 << 20
	maxServiceLine = 16 << 10
	tailLines      = 10
)

// serviceLog is where the output of a service goes, whatever its process: lines with
// the time before them (RFC 3339, with a fixed number of digits) and a space.
type serviceLog struct {
	mu          sync.Mutex
	file, older *os.File // as the client that defined the service opened them
	size        int64
	most        int64 // at which file becomes the older part
}

func newServiceLog(file, older *os.File) *serviceLog {
	l := &serviceLog{most: maxServiceLog}
	l.reopen(file, older)
	return l
}

// reopen takes other descriptors, of the same files or of new ones.
func (l *serviceLog) reopen(file, older *os.File) {
	l.mu.Lock()
	defer l.mu.Unlock()
	closeAll(l.file, l.older)
	l.file, l.older, l.size = file, older, 0
	if st, err := file.Stat(); err == nil {
		l.size = st.Size()
	}
}

const logTime = "2006-01-02T15:04:05.000000Z"

func (l *serviceLog) write(line []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.size > l.most {
		l.rotate()
	}
	b := time.Now().UTC().AppendFormat(make([]byte, 0, len(logTime)+len(line)+2), logTime)
	b = append(append(append(b, ' '), line...), '\n')
	n, _ := l.file.Write(b) // a full disk stops no service
	l.size += int64(n)
}

// rotate copies: whoever follows the file has it open, and sees that it became short.
func (l *serviceLog) rotate() {
	if l.older.Truncate(0) != nil {
		return
	}
	from := io.NewSectionReader(l.file, 0, l.size)
	if _, err := l.older.Seek(0, io.SeekStart); err == nil {
		_, _ = io.Copy(l.older, from)
	}
	if l.file.Truncate(0) == nil {
		l.size = 0
	}
}

// output is what one process of a service prints.
type output struct {
	from *os.File
	done chan struct{}
	mu   sync.Mutex
	tail []string
}

// follow copies to the end of from, line by line.
func (l *serviceLog) follow(from *os.File, line func(string)) *output {
	o := &output{from: from, done: make(chan struct{})}
	go func() {
		defer close(o.done)
		defer func() { _ = from.Close() }()
		r := bufio.NewReaderSize(from, maxServiceLine)
		for {
			b, err := r.ReadSlice('\n')
			if n := len(b); n > 0 && b[n-1] == '\n' {
				b = b[:n-1]
			}
			if len(b) > 0 || err == nil {
				l.write(b)
				o.add(string(b))
				line(string(b))
			}
			if err != nil && err != bufio.ErrBufferFull {
				return
			}
		}
	}()
	return o
}

// settle gives what was printed last a moment to arrive: something that the process
// left behind may hold the pipe open.
func (o *output) settle() {
	select {
	case <-o.done:
	case <-time.After(50 * time.Millisecond):
	}
}

func (o *output) add(line string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(line) > 500 {
		line = line[:500]
	}
	if o.tail = append(o.tail, line); len(o.tail) > tailLines {
		o.tail = o.tail[1:]
	}
}

func (o *output) lines() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return append([]string(nil), o.tail...)
}
