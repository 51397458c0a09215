package sandbox

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"
)

// LogLine is a line that a service printed.
type LogLine struct {
	Service string    `json:"service"`
	Time    time.Time `json:"time"`
	Text    string    `json:"text"`
}

// logTime is how the agent begins a line.
const logTime = "2006-01-02T15:04:05.000000Z"

// logLookEvery is how late a follower is at most.
const logLookEvery = 200 * time.Millisecond

// LogQuery says which lines are wanted.
type LogQuery struct {
	Names  []string  // of services; none: all
	Follow bool      // go on with what comes
	Tail   int       // of what is there, the last so many lines of each; 0: all
	Since  time.Time // not what is older
}

// ServiceLogs gives what services printed, in the order of time. One that follows goes on until ctx
// ends. ErrNotFound, *NoServiceError.
func (e *Engine) ServiceLogs(ctx context.Context, id string, q LogQuery, each func(LogLine) error) error {
	st, err := e.store.ReadState(id)
	if err != nil {
		return notFound(err)
	}
	have := serviceNames(st.Spec)
	for _, name := range q.Names {
		if !slices.Contains(have, name) {
			return &NoServiceError{name, have}
		}
	}
	if len(q.Names) == 0 {
		q.Names = have
	}
	var logs []*logReader
	dir := e.store.Sandbox(id)
	for _, name := range q.Names {
		r := &logReader{name: name, file: dir.ServiceLog(name), older: dir.OlderServiceLog(name)}
		defer r.close()
		logs = append(logs, r)
		if err := r.begin(); err != nil {
			return err
		}
	}
	if err := q.first(logs, each); err != nil || !q.Follow {
		return err
	}
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(logLookEvery):
		}
		for _, r := range logs {
			if err := r.again(); err != nil {
				return err
			}
		}
		if err := merge(logs, each); err != nil {
			return err
		}
	}
}

// first gives what is wanted of what there is.
func (q LogQuery) first(logs []*logReader, each func(LogLine) error) error {
	wanted := each
	var last []LogLine
	count := map[string]int{}
	if q.Tail > 0 {
		wanted = func(l LogLine) error {
			last = append(last, l)
			if count[l.Service]++; count[l.Service] > q.Tail {
				drop := slices.IndexFunc(last, func(o LogLine) bool { return o.Service == l.Service })
				last = slices.Delete(last, drop, drop+1)
			}
			return nil
		}
	}
	err := merge(logs, func(l LogLine) error {
		if l.Time.Before(q.Since) {
			return nil
		}
		return wanted(l)
	})
	for _, l := range last {
		if err == nil {
			err = each(l)
		}
	}
	return err
}

// merge gives all that there is now, the earliest first.
func merge(logs []*logReader, each func(LogLine) error) error {
	for {
		var first *logReader
		for _, r := range logs {
			if r.peek() && (first == nil || r.next.Time.Before(first.next.Time)) {
				first = r
			}
		}
		if first == nil {
			return nil
		}
		if err := each(first.next); err != nil {
			return err
		}
		first.have = false
	}
}

// logReader reads the log of one service: first the older part, then the file, and
// that from its beginning again once it has become the older part.
type logReader struct {
	name  string
	file  string // where the service's log is
	older string // and what that had when it was full
	f     *os.File
	r     *bufio.Reader
	more  []*os.File // to be read after f
	at    int64      // how much of the service's present file was read
	head  []byte     // its first bytes, with the time of its first line: another file's differ
	part  string     // of a line that has no end yet

	next LogLine
	have bool
}

func (l *logReader) close() {
	for _, f := range append(l.more, l.f) {
		if f != nil {
			_ = f.Close()
		}
	}
	l.f, l.more = nil, nil
}

func (l *logReader) begin() error {
	for _, path := range []string{l.older, l.file} {
		f, err := os.Open(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		l.more = append(l.more, f)
	}
	return nil
}

// again looks whether the file has become the older part.
func (l *logReader) again() error {
	if l.f == nil {
		return l.begin()
	}
	if same, err := l.same(); same || err != nil {
		return err
	}
	older, err := os.Open(l.older)
	if err != nil {
		return err
	}
	if _, err := older.Seek(l.at, io.SeekStart); err != nil {
		_ = older.Close()
		return err
	}
	now := l.f
	l.f, l.r = nil, nil
	if _, err := now.Seek(0, io.SeekStart); err != nil {
		_ = now.Close()
		return err
	}
	l.more = append(l.more, older, now)
	return nil
}

// same reports whether the file is the one that was read so far: it may have become the older
// part, and be as long again already.
func (l *logReader) same() (bool, error) {
	st, err := l.f.Stat()
	if err != nil || st.Size() < l.at {
		return false, err
	}
	head := make([]byte, len(l.head))
	n, err := l.f.ReadAt(head, 0)
	if errors.Is(err, io.EOF) { // shortened just now
		err = nil
	}
	return bytes.Equal(head[:n], l.head), err
}

// peek reports whether there is a line, which is in next then.
func (l *logReader) peek() bool {
	for !l.have {
		if l.f == nil {
			if len(l.more) == 0 {
				return false
			}
			l.f, l.more, l.at, l.part, l.head = l.more[0], l.more[1:], 0, "", nil
			l.r = bufio.NewReader(l.f)
		}
		text, err := l.r.ReadString('\n')
		l.at += int64(len(text))
		if len(l.head) < len(logTime) {
			l.head = append(l.head, text[:min(len(text), len(logTime)-len(l.head))]...)
		}
		l.part += text
		if err != nil {
			if len(l.more) == 0 {
				return false
			}
			_ = l.f.Close()
			l.f = nil
			continue
		}
		l.next, l.have = parseLogLine(l.name, l.part)
		l.part = ""
	}
	return true
}

// parseLogLine reads a line as the agent writes it; false for what is none.
func parseLogLine(service, line string) (LogLine, bool) {
	at, text, ok := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
	when, err := time.Parse(time.RFC3339Nano, at)
	return LogLine{Service: service, Time: when, Text: text}, ok && err == nil
}
