package egress

import (
	"context"
	"errors"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

// A follower gets each line once and in order, over the change of files too.
func TestFollowLog(t *testing.T) {
	path := filepath.Join(t.TempDir(), "egress")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	got := make(chan spec.Egress)
	done := make(chan error, 1)
	go func() {
		done <- FollowLog(ctx, path, func(d spec.Egress) error {
			got <- d
			return nil
		})
	}()
	l, err := OpenLog(path)
	if err != nil {
		t.Fatal(err)
	}
	for part := range 3 {
		if part == 1 {
			l.size = maxLog + 1
		}
		for i := range 100 {
			l.Add(spec.Egress{Host: "h" + strconv.Itoa(part*100+i), Port: 1})
		}
		for i := range 100 {
			if d := <-got; d.Host != "h"+strconv.Itoa(part*100+i) {
				t.Fatalf("part %d, line %d: got %s", part, i, d.Host)
			}
		}
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	enough := errors.New("enough")
	n := 0
	err = FollowLog(t.Context(), path, func(spec.Egress) error {
		if n++; n == 300 {
			return enough
		}
		return nil
	})
	if !errors.Is(err, enough) {
		t.Errorf("again: %d lines, %v", n, err)
	}
}
