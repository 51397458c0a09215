package job

import (
	"errors"
	"fmt"
	"syscall"
)

// failure is what a job complained of. Text says nothing to a program, so what
// the disk had to do with it is in the exit code.
type failure struct {
	text string
	code int
}

func (f *failure) Error() string {
	switch {
	case f.text != "":
		return f.text
	case f.code > 128:
		return fmt.Sprintf("the process for it was ended by signal %d", f.code-128)
	}
	return fmt.Sprintf("the process for it ended with status %d and said nothing", f.code)
}

func (f *failure) Is(target error) bool {
	for _, e := range ofTheDisk() {
		if int(e) == f.code && target == e {
			return true
		}
	}
	return false
}

func ofTheDisk() []syscall.Errno {
	return []syscall.Errno{syscall.ENOSPC, syscall.EDQUOT, syscall.EROFS}
}

// codeOf is the exit code of a job that failed.
func codeOf(err error) int {
	for _, e := range ofTheDisk() {
		if errors.Is(err, e) {
			return int(e)
		}
	}
	return 1
}
