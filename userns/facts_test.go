package userns

import (
	"errors"
	"fmt"
	"syscall"
	"testing"
)

func TestFact(t *testing.T) {
	f := fact("overlay", true, NeedsOverlay, "found", nil)
	if want := (Fact{Name: "overlay", OK: true, Required: true, Detail: "found"}); f != want {
		t.Errorf("got %+v", f)
	}
	f = fact("overlay", false, NeedsOverlay, "", syscall.EPERM)
	if f.OK || f.Needs != NeedsOverlay || f.Err != syscall.EPERM.Error() {
		t.Errorf("got %+v", f)
	}
	// What the failed step itself says that it needs is closer to the cause.
	f = fact("range", false, NeedsSubIDs, "", fmt.Errorf("x: %w", &Error{Op: "find", Err: errors.New("y"), Needs: NeedsIDHelpers}))
	if f.Needs != NeedsIDHelpers {
		t.Errorf("got %+v", f)
	}
}

func TestDescribeRanges(t *testing.T) {
	for want, ranges := range map[string][]Range{
		"": nil, "100000 65536": {{100000, 65536}}, "1 2, 30 4": {{1, 2}, {30, 4}},
	} {
		if got := describe(ranges); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestCheckDir(t *testing.T) {
	dir := t.TempDir()
	if err := CheckDir(dir); err != nil {
		t.Errorf("a directory: %v", err)
	}
	for name, want := range map[string]error{
		dir + "/none": syscall.ENOENT, "/proc/self/status": syscall.ENOTDIR, "/proc/self/cwd": syscall.ELOOP, "/proc/self/root/tmp": syscall.ELOOP,
	} {
		if err := CheckDir(name); !errors.Is(err, want) {
			t.Errorf("%s: got %v, want %v", name, err, want)
		}
	}
}
