package subid_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/rootless-sandbox/sandbox/userns"
	"github.com/rootless-sandbox/sandbox/userns/subid"
)

func TestMapped(t *testing.T) {
	file := filepath.Join(t.TempDir(), "uid_map")
	for _, c := range []struct {
		text   string
		ranges []userns.Range
		want   bool
	}{
		{"         0          0 4294967295\n", []userns.Range{{Start: 100000, Size: 65536}}, true},
		{"0 100000 1000\n1000 1000 1\n1001 101000 64535\n", []userns.Range{{Start: 100000, Size: 65536}}, false},
		{"0 100000 1000\n1000 1000 1\n1001 101000 64535\n", []userns.Range{{Start: 2000, Size: 1000}, {Start: 10, Size: 20}}, true},
		{"0 100000 1000\n", []userns.Range{{Start: 10, Size: 20}, {Start: 990, Size: 20}}, false},
		{"nonsense\n", []userns.Range{{Start: 10, Size: 20}}, false},
		{"", nil, true},
	} {
		if err := os.WriteFile(file, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := subid.Mapped(file, c.ranges); got != c.want {
			t.Errorf("%q, %v: got %v", c.text, c.ranges, got)
		}
	}
	if !subid.Mapped(file+".none", []userns.Range{{Start: 1, Size: 1}}) {
		t.Error("a map that cannot be read says nothing")
	}
}
