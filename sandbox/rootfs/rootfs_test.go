package rootfs

import (
	"reflect"
	"slices"
	"testing"

	"github.com/rootless-sandbox/sandbox/userns"
)

func TestDrivers(t *testing.T) {
	for forced, want := range map[Driver][]Driver{
		Auto: {Overlay, Fuse, Copy}, Overlay: {Overlay}, Fuse: {Fuse}, Copy: {Copy},
	} {
		if got, err := Drivers(forced); err != nil || !slices.Equal(got, want) {
			t.Errorf("%q: got %v, %v; want %v", forced, got, err, want)
		}
	}
	for _, unknown := range []Driver{"overlay2", "Overlay", "auto", " "} {
		if got, err := Drivers(unknown); err == nil || got != nil {
			t.Errorf("%q: got %v", unknown, got)
		}
	}
}

func TestRoot(t *testing.T) {
	l := Layers{Lower: []string{"/low", "/top"}, Upper: "/u", Work: "/w", Whole: "/whole"}
	for d, want := range map[Driver]userns.Root{
		Overlay: {Kind: userns.RootOverlay, Lower: []string{"/top", "/low"}, Upper: "/u", Work: "/w"},
		Fuse:    {Kind: userns.RootFuse, Lower: []string{"/top", "/low"}, Upper: "/u", Work: "/w"},
		Copy:    {Kind: userns.RootDir, Upper: "/whole"},
	} {
		if got := l.Root(d); !reflect.DeepEqual(*got, want) {
			t.Errorf("%s: got %+v, want %+v", d, *got, want)
		}
	}
}
