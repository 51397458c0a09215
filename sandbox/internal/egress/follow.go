package egress

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

// lookEvery is how late a follower is at most.
const lookEvery = 200 * time.Millisecond

// FollowLog gives what the files have and what is added to them, until ctx ends or
// each fails. A file that does not exist yet is waited for.
func FollowLog(ctx context.Context, path string, each func(spec.Egress) error) error {
	all, err := ReadLog(path + olderSuffix)
	if err != nil {
		return err
	}
	for _, d := range all {
		if err := each(d); err != nil {
			return err
		}
	}
	l := &follower{path: path, each: each}
	defer l.close()
	for {
		if err := l.look(); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(lookEvery):
		}
	}
}

type follower struct {
	path string
	each func(spec.Egress) error
	f    *os.File
	r    *bufio.Reader
	part []byte // of a line that has no end yet
}

func (l *follower) close() {
	if l.f != nil {
		_ = l.f.Close()
		l.f = nil
	}
}

// look reads to the end of the file, and of the one that followed it.
func (l *follower) look() error {
	for {
		if l.f == nil {
			f, err := os.Open(l.path)
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			if err != nil {
				return err
			}
			l.f, l.r, l.part = f, bufio.NewReader(f), nil
		}
		replaced := l.replaced() // asked first: what was written before that is read now
		if err := l.read(); err != nil {
			return err
		}
		if !replaced {
			return nil
		}
		l.close()
	}
}

func (l *follower) read() error {
	for {
		line, err := l.r.ReadBytes('\n')
		l.part = append(l.part, line...)
		if err != nil {
			if err == io.EOF {
				return nil
			}
			return err
		}
		var d spec.Egress
		if json.Unmarshal(l.part, &d) == nil && d.Host != "" {
			if err := l.each(d); err != nil {
				return err
			}
		}
		l.part = l.part[:0]
	}
}

// replaced reports whether the file that is open became the older one.
func (l *follower) replaced() bool {
	now, err := os.Stat(l.path)
	if err != nil {
		return false
	}
	open, err := l.f.Stat()
	return err == nil && !os.SameFile(now, open)
}
