package watch

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// LimitError: the kernel allows this user no more inotify watches, or no more
// instances of inotify.
type LimitError struct {
	Sysctl string // fs.inotify.max_user_watches or fs.inotify.max_user_instances
	Limit  int    // what it is now; 0 where that cannot be read
	Used   int    // directories that this process watches
}

func (e *LimitError) Error() string {
	what := "directories"
	if strings.HasSuffix(e.Sysctl, "instances") {
		return fmt.Sprintf("watch: no more instances of inotify for this user: %s is %d", e.Sysctl, e.Limit)
	}
	return fmt.Sprintf("watch %d %s and more: no more inotify watches for this user: %s is %d", e.Used, what, e.Sysctl, e.Limit)
}

// Enough is a limit to set.
func (e *LimitError) Enough() int {
	least := 524288
	if strings.HasSuffix(e.Sysctl, "instances") {
		least = 1024
	}
	return max(least, 2*e.Limit)
}

// PatternError: a pattern of paths is none.
type PatternError struct{ Why string }

func (e *PatternError) Error() string { return "watch: pattern " + e.Why }

// RootError: the tree cannot be watched at all.
type RootError struct {
	Root string
	Err  error
}

func (e *RootError) Error() string { return "watch " + e.Root + ": " + reason(e.Err) }
func (e *RootError) Unwrap() error { return e.Err }

// reason is an error without the path, which was said.
func reason(err error) string {
	var path *os.PathError
	if errors.As(err, &path) {
		err = path.Err
	}
	return err.Error()
}

// limited makes a LimitError of what the kernel says when a limit is reached (inotify_add_watch(2), inotify_init(2)).
func limited(err error, used int) error {
	switch {
	case errors.Is(err, syscall.ENOSPC):
		return newLimit("max_user_watches", used)
	case errors.Is(err, syscall.EMFILE):
		return newLimit("max_user_instances", used)
	}
	return err
}

func newLimit(name string, used int) *LimitError {
	e := &LimitError{Sysctl: "fs.inotify." + name, Used: used}
	if text, err := os.ReadFile("/proc/sys/fs/inotify/" + name); err == nil {
		e.Limit, _ = strconv.Atoi(strings.TrimSpace(string(text)))
	}
	return e
}
