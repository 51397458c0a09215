package ui_test

import (
	"strings"
	"testing"

	"github.com/rootless-sandbox/sandbox/cmd/internal/ui"
)

func TestTableHasNoBlanksAtTheEndsOfLines(t *testing.T) {
	var b strings.Builder
	if err := ui.Table(&b, []string{"NAME", "USED BY"}, [][]string{{"apt:trixie", ""}, {"a", "b\x1b[2J"}}); err != nil {
		t.Fatal(err)
	}
	const want = "NAME         USED BY\napt:trixie\na            b\\x1b[2J\n"
	if b.String() != want {
		t.Errorf("got %q, want %q", b.String(), want)
	}
}
