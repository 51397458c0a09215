package userns

import (
	"math/rand/v2"
	"reflect"
	"testing"
)

func TestCallerMap(t *testing.T) {
	const uid = 1000
	one := []Range{{100000, 65536}}
	two := []Range{{100000, 500}, {300000, 65536}}
	for _, c := range []struct {
		name   string
		ranges []Range
		inside int
		want   []Extent
	}{
		{"single", nil, 1000, []Extent{{1000, uid, 1}}},
		{"single, root inside", nil, 0, []Extent{{0, uid, 1}}},
		{"keep", one, 1000, []Extent{{0, 100000, 1000}, {1000, uid, 1}, {1001, 101000, 64536}}},
		{"root", one, 0, []Extent{{0, uid, 1}, {1, 100000, 65536}}},
		{"named", one, 1, []Extent{{0, 100000, 1}, {1, uid, 1}, {2, 100001, 65535}}},
		{"the last id of the range", one, 65535, []Extent{{0, 100000, 65535}, {65535, uid, 1}}},
		{"the first id above the range", one, 65536, []Extent{{0, 100000, 65536}, {65536, uid, 1}}},
		{"far above the range", one, 1 << 20, []Extent{{0, 100000, 65536}, {1 << 20, uid, 1}}},
		{"several ranges, in the first", two, 100, []Extent{{0, 100000, 100}, {100, uid, 1}, {101, 100100, 400}, {501, 300000, 65536}}},
		{"between the ranges", two, 500, []Extent{{0, 100000, 500}, {500, uid, 1}, {501, 300000, 65536}}},
		{"in the second range", two, 1000, []Extent{
			{0, 100000, 500}, {500, 300000, 500}, {1000, uid, 1}, {1001, 300500, 65036},
		}},
		{"an empty range", []Range{{7, 0}, {100000, 10}}, 5, []Extent{{0, 100000, 5}, {5, uid, 1}, {6, 100005, 5}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			caller := Caller{UID: uid, GID: uid, SubUIDs: c.ranges, SubGIDs: c.ranges}
			got := caller.Map(c.inside, c.inside)
			if !reflect.DeepEqual(got.UIDs, c.want) || !reflect.DeepEqual(got.GIDs, c.want) {
				t.Errorf("got %v, %v; want %v", got.UIDs, got.GIDs, c.want)
			}
			if got.Single() != (c.ranges == nil) {
				t.Errorf("single: %v", got.Single())
			}
		})
	}
}

func TestMapRoot(t *testing.T) {
	c := Caller{UID: 1000, GID: 100}
	if uid, gid := c.Map(1000, 100).Root(); uid != 1000 || gid != 100 {
		t.Errorf("single: got %d:%d", uid, gid)
	}
	c.SubUIDs, c.SubGIDs = []Range{{100000, 65536}}, []Range{{100000, 65536}}
	if uid, gid := c.Map(1000, 100).Root(); uid != 0 || gid != 0 {
		t.Errorf("range: got %d:%d", uid, gid)
	}
}

// TestMapKeepsTheKernelsRules draws callers and ranges and checks what
// user_namespaces(7) demands of a map, and what we promise of it.
func TestMapKeepsTheKernelsRules(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 5000 {
		host := r.IntN(200000)
		ranges := make([]Range, r.IntN(4))
		for i := range ranges {
			ranges[i] = Range{Start: r.IntN(200000), Size: r.IntN(70000)}
		}
		inside := r.IntN(140000)
		checkMap(t, inside, host, ranges)
	}
}

func FuzzMap(f *testing.F) {
	f.Add(1000, 1000, 100000, 65536, 300000, 10)
	f.Add(0, 0, 0, 65536, 100, 65536) // both ranges have the caller's own id
	f.Fuzz(func(t *testing.T, inside, host, start1, size1, start2, size2 int) {
		const top = 1 << 30
		for _, n := range []int{inside, host, start1, size1, start2, size2} {
			if n < 0 || n > top {
				return
			}
		}
		checkMap(t, inside, host, []Range{{start1, size1}, {start2, size2}})
	})
}

func checkMap(t *testing.T, inside, host int, ranges []Range) {
	t.Helper()
	m := around(inside, host, ranges)
	if len(m) > 340 {
		t.Fatalf("%d extents", len(m))
	}
	for i, e := range m {
		if e.Size < 1 || e.ContainerID < 0 || e.HostID < 0 {
			t.Fatalf("inside %d, host %d, ranges %v: extent %v", inside, host, ranges, e)
		}
		for _, o := range m[:i] {
			if overlap(e.ContainerID, e.Size, o.ContainerID, o.Size) || overlap(e.HostID, e.Size, o.HostID, o.Size) {
				t.Fatalf("inside %d, host %d, ranges %v: %v and %v overlap", inside, host, ranges, o, e)
			}
		}
	}
	if got, ok := HostID(m, inside); !ok || got != host {
		t.Fatalf("inside %d, host %d, ranges %v: %d is %d, %v outside", inside, host, ranges, inside, got, ok)
	}
}

func overlap(a, sizeA, b, sizeB int) bool { return a < b+sizeB && b < a+sizeA }

func TestHostID(t *testing.T) {
	m := []Extent{{0, 100000, 1000}, {1000, 1000, 1}, {2000, 300000, 10}}
	for _, c := range []struct {
		inside, want int
		ok           bool
	}{
		{0, 100000, true}, {999, 100999, true}, {1000, 1000, true}, {1001, 0, false},
		{2000, 300000, true}, {2009, 300009, true}, {2010, 0, false}, {-1, 0, false},
	} {
		if got, ok := HostID(m, c.inside); got != c.want || ok != c.ok {
			t.Errorf("%d: got %d, %v; want %d, %v", c.inside, got, ok, c.want, c.ok)
		}
	}
}

func TestFormat(t *testing.T) {
	if got, want := format([]Extent{{0, 100000, 5}, {5, 1000, 1}}), "0 100000 5\n5 1000 1\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestOutermost(t *testing.T) {
	for _, c := range []struct {
		extents         []Extent
		least, greatest int
	}{
		{[]Extent{{ContainerID: 1000, HostID: 1000, Size: 1}}, 1000, 1000},
		{[]Extent{{ContainerID: 0, HostID: 1000, Size: 1}, {ContainerID: 1, HostID: 100000, Size: 65536}}, 0, 65536},
		// The caller's own id is below those that are root's and all others'.
		{[]Extent{{ContainerID: 0, HostID: 100000, Size: 1000}, {ContainerID: 1000, HostID: 1000, Size: 1}, {ContainerID: 1001, HostID: 101000, Size: 64536}}, 1000, 65536},
		{[]Extent{{ContainerID: 0, HostID: 100000, Size: 1000}, {ContainerID: 1000, HostID: 500000, Size: 1}}, 0, 1000},
	} {
		if least, greatest := outermost(c.extents); least != c.least || greatest != c.greatest {
			t.Errorf("%v: got %d, %d", c.extents, least, greatest)
		}
	}
}
