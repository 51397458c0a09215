package usernstest

import (
	"fmt"
	"os"
	"testing"
)

// recorder takes down what Require does to a test.
type recorder struct {
	testing.TB
	skipped, failed string
}

func (*recorder) Helper()                        {}
func (r *recorder) Skipf(f string, args ...any)  { r.skipped = fmt.Sprintf(f, args...) }
func (r *recorder) Fatalf(f string, args ...any) { r.failed = fmt.Sprintf(f, args...) }

func TestRequire(t *testing.T) {
	for _, c := range []struct{ name, must, skipped, failed string }{
		{"not promised", "", "no nonsense: unknown feature", ""}, // as scripts/summary looks for it
		{"another is promised", "userns,sense", "no nonsense: unknown feature", ""},
		{"promised", "userns,nonsense", "no nonsense: unknown feature", "nonsense is promised here, but: unknown feature"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Setenv("SANDBOX_TEST_MUST", c.must)
			r := &recorder{TB: t}
			Require(r, "nonsense")
			// A real Fatalf does not return, so that no skip follows it.
			if r.skipped != c.skipped || r.failed != c.failed {
				t.Errorf("skipped with %q, failed with %q", r.skipped, r.failed)
			}
		})
	}
}

func TestRequireNothing(t *testing.T) {
	r := &recorder{TB: t}
	Require(r)
	if r.skipped+r.failed != "" {
		t.Errorf("skipped with %q, failed with %q", r.skipped, r.failed)
	}
}

// TestFeaturesExcludeEachOther: no user is both of two kinds, or neither.
func TestFeaturesExcludeEachOther(t *testing.T) {
	if (missing(SubIDs) == "") && (missing(Single) == "") {
		t.Error("this user has subordinate ids, and none")
	}
	if got := missing(Root) == ""; got != (os.Geteuid() == 0) {
		t.Errorf("root: %v", got)
	}
	for _, f := range []string{UserNS, SubIDs, Overlay, Fuse, Single, Root} {
		if missing(f) == "unknown feature" {
			t.Errorf("%s is not known", f)
		}
	}
}
