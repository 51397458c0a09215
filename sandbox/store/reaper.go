package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"time"
)

// What is known of the first process of a container: whether it waits for the
// children that others leave to it. Many do not, and then whoever leaves a child
// behind leaves a zombie.
const (
	initReaps = "reaps"
	initKeeps = "keeps"
)

// reaperPatience is how long a first process may take to notice an ended child:
// there are some that look now and then.
const reaperPatience = 20 * time.Second

// InitReaps reports whether process 1 waits for what is left to it, found out by
// what became of one process that was left to it: the process pid the first
// time, which is therefore the only one that may stay a zombie. False while it is
// not known. The answer holds as long as process 1 is the same.
func (s *Store) InitReaps(pid int) bool {
	first, err := ProcessStartTime(1)
	if err != nil {
		return false
	}
	begun := strconv.FormatUint(first, 10)
	data, err := os.ReadFile(s.reaper())
	known := strings.Fields(string(data))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return s.tryReaper(begun, pid)
	case err != nil:
		return false
	case len(known) < 2 || known[0] != begun:
		_ = os.Remove(s.reaper()) // of another container, or half written: the next run tries
		return false
	case len(known) == 2:
		return known[1] == initReaps
	}
	return s.judgeReaper(begun, known[1], known[2])
}

// tryReaper notes the one process that is left to process 1 as a trial.
func (s *Store) tryReaper(begun string, pid int) bool {
	start, err := ProcessStartTime(pid)
	if err != nil {
		return false
	}
	f, err := os.OpenFile(s.reaper(), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return false // somebody else tries
	}
	_, err = fmt.Fprintln(f, begun, pid, start)
	return errors.Join(err, f.Close()) == nil
}

// NotLeft takes back that the process pid was left to process 1: the caller lived
// on, and waits for it only now.
func (s *Store) NotLeft(pid int) {
	data, err := os.ReadFile(s.reaper())
	if known := strings.Fields(string(data)); err == nil && len(known) == 3 && known[1] == strconv.Itoa(pid) {
		_ = os.Remove(s.reaper())
	}
}

// judgeReaper looks what became of the process of the trial.
func (s *Store) judgeReaper(begun, pid, start string) bool {
	n, err := strconv.Atoi(pid)
	if err != nil {
		return false
	}
	p, err := readStat(n)
	switch {
	case errors.Is(err, fs.ErrNotExist), err == nil && strconv.FormatUint(p.startTime, 10) != start:
		s.noteReaper(begun, initReaps)
		return true
	case err == nil && p.ended() && s.triedLongAgo():
		s.noteReaper(begun, initKeeps)
	}
	return false
}

func (s *Store) triedLongAgo() bool {
	info, err := os.Stat(s.reaper())
	return err == nil && time.Since(info.ModTime()) > reaperPatience
}

// noteReaper keeps the answer; without it the next run judges again.
func (s *Store) noteReaper(begun, verdict string) {
	next := s.reaper() + newSuffix + strconv.Itoa(os.Getpid())
	if os.WriteFile(next, []byte(begun+" "+verdict+"\n"), 0o600) == nil && os.Rename(next, s.reaper()) != nil {
		_ = os.Remove(next)
	}
}
