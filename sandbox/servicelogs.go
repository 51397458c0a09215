package sandbox

import (
	"bufio"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/rootless-sandbox/sandbox/sandbox/store"
)

// LogLine is a line that a service printed.
type LogLine struct {
	Service string    `json:"service"`
	Time    time.Time `json:"time"`
	Text    string    `json:"text"`
}

// logLookEvery is how late a follower is at most.
const logLookEvery = 200 * time.Millisecond

// ServiceLogs gives what services printed, in the order of time; all of them without
// names. With follow it goes on until ctx ends. ErrNotFound, *NoServiceError.
func (e *Engine) ServiceLogs(ctx context.Context, id string, names []string, follow bool, each func(LogLine) error) error {
	st, err := e.store.ReadState(id)
	if err != nil {
		return notFound(err)
	}
	have := serviceNames(st.Spec)
	for _, name := range names {
		if !slices.Contains(have, name) {
			return &NoServiceError{name, have}
		}
	}
	if len(names) == 0 {
		names = have
	}
	var logs []*logReader
	for _, name := range names {
		r := &logReader{name: name, dir: e.store.Sandbox(id)}
		defer r.close()
		logs = append(logs, r)
		if err := r.begin(); err != nil {
			return err
		}
	}
	for {
		if err := merge(logs, each); err != nil || !follow {
			return err
		}
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
	}
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
	name string
	dir  store.Dir
	f    *os.File
	r    *bufio.Reader
	more []*os.File // to be read after f
	at   int64      // how much of the service's present file was read
	part string     // of a line that has no end yet

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
	for _, path := range []string{l.dir.OlderServiceLog(l.name), l.dir.ServiceLog(l.name)} {
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
	st, err := l.f.Stat()
	if err != nil || st.Size() >= l.at {
		return err
	}
	older, err := os.Open(l.dir.OlderServiceLog(l.name))
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

// peek reports whether there is a line, which is in next then.
func (l *logReader) peek() bool {
	for !l.have {
		if l.f == nil {
			if len(l.more) == 0 {
				return false
			}
			l.f, l.more, l.at, l.part = l.more[0], l.more[1:], 0, ""
			l.r = bufio.NewReader(l.f)
		}
		text, err := l.r.ReadString('\n')
		l.at += int64(len(text))
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
