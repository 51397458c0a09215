package subid

import (
	"os"
	"reflect"
	"testing"

	"github.com/rootless-sandbox/sandbox/userns"
)

const nested = "0 100000 1000\n1000 1000 1\n1001 101000 64535\n"

func TestMapHolds(t *testing.T) {
	for _, c := range []struct {
		text   string
		ranges []userns.Range
		want   bool
	}{
		{"         0          0 4294967295\n", []userns.Range{{Start: 100000, Size: 65536}}, true},
		{nested, []userns.Range{{Start: 100000, Size: 65536}}, false},
		{nested, []userns.Range{{Start: 2000, Size: 1000}, {Start: 10, Size: 20}}, true},
		{"0 100000 1000\n", []userns.Range{{Start: 10, Size: 20}, {Start: 990, Size: 20}}, false},
		{"nonsense\n", []userns.Range{{Start: 10, Size: 20}}, false},
		{"", nil, true},
	} {
		if got := parseMap(c.text).holds(c.ranges); got != c.want {
			t.Errorf("%q, %v: got %v", c.text, c.ranges, got)
		}
	}
	if !readMap(t.TempDir() + "/none").holds([]userns.Range{{Start: 1, Size: 1}}) {
		t.Error("a map that cannot be read says nothing")
	}
}

// What the root of a container shares out is all that it has but itself.
func TestMapOthers(t *testing.T) {
	for text, want := range map[string][]userns.Range{
		"0 1000 1\n1 100000 65536\n": {{Start: 1, Size: 65536}},
		nested:                       {{Start: 1, Size: 999}, {Start: 1000, Size: 1}, {Start: 1001, Size: 64535}},
		"0 1000 1\n":                 nil,
		"":                           nil,
	} {
		if got := parseMap(text).others(); !reflect.DeepEqual(got, want) {
			t.Errorf("%q: got %v, want %v", text, got, want)
		}
	}
}

func TestRangesAreThere(t *testing.T) {
	uids, gids, err := Ranges(os.Getuid(), "nobody of that name")
	if os.Getuid() == 0 && (err != nil || count(uids) < minimum || count(gids) < minimum) {
		t.Errorf("root: got %v, %v, %v", uids, gids, err)
	}
	if _, _, err := Ranges(1<<30, "nobody of that name"); err == nil || err.Error() != "no subordinate ids for nobody of that name in /etc/subuid and /etc/subgid" {
		t.Errorf("got %v", err)
	}
}
