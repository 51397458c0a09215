package userns

import (
	"path"
	"slices"
	"strings"
	"testing"
)

// TestStandardOrder: a mask that came before what it covers would be covered itself.
func TestStandardOrder(t *testing.T) {
	ops := Standard()
	lastMount, firstMask, firstReadOnly := -1, len(ops), len(ops)
	for i, op := range ops {
		switch op.Kind {
		case OpProc, OpSys, OpDev, OpTmpfs, OpMkdir:
			lastMount = i
		case OpMask:
			firstMask = min(firstMask, i)
		case OpReadOnly:
			firstReadOnly = min(firstReadOnly, i)
		default:
			t.Errorf("step %d: a %s in the standard set", i, op.Kind)
		}
	}
	if lastMount > firstMask || lastMount > firstReadOnly {
		t.Errorf("the last mount is step %d, the first mask %d, the first read-only %d", lastMount, firstMask, firstReadOnly)
	}
	if firstMask == len(ops) || firstReadOnly == len(ops) {
		t.Error("nothing is masked or read-only")
	}
}

// TestStandardTargets: they are clean and absolute, none comes twice, and what
// an image could redirect by a link is never followed.
func TestStandardTargets(t *testing.T) {
	var seen []string
	for _, op := range Standard() {
		if !path.IsAbs(op.Target) || path.Clean(op.Target) != op.Target || slices.Contains(seen, op.Target) {
			t.Errorf("target %q", op.Target)
		}
		seen = append(seen, op.Target)
		if op.Follow && op.Kind != OpTmpfs {
			t.Errorf("%s of %s follows links", op.Kind, op.Target)
		}
	}
	for _, want := range []string{"/proc", "/sys", "/dev", "/tmp", "/run", "/proc/kcore", "/proc/keys", "/proc/sys", "/sys/firmware"} {
		if !slices.Contains(seen, want) {
			t.Errorf("%s is missing", want)
		}
	}
}

// TestMasksAreOfTheKernel: a mask of anything else would belong to another step.
func TestMasksAreOfTheKernel(t *testing.T) {
	for _, op := range Standard() {
		kernels := strings.HasPrefix(op.Target, "/proc/") || strings.HasPrefix(op.Target, "/sys/")
		if (op.Kind == OpMask || op.Kind == OpReadOnly) && !kernels {
			t.Errorf("%s of %s", op.Kind, op.Target)
		}
	}
}
