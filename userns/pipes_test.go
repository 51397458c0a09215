package userns

import (
	"io"
	"testing"
)

// TestPipesEndWithTheChild: once the child's ends are closed here and there,
// its silence reads as end of file.
func TestPipesEndWithTheChild(t *testing.T) {
	before := descriptors(t)
	p, err := newPipes()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.launchW.WriteString("launch"); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 10)
	if n, err := p.launchR.Read(b); string(b[:n]) != "launch" {
		t.Errorf("the child reads %q, %v", b[:n], err)
	}
	p.closeChildEnds()
	if b, err := io.ReadAll(p.statusR); len(b) > 0 || err != nil {
		t.Errorf("the parent reads %q, %v; want the end", b, err)
	}
	p.close()
	p.close() // harmless
	if after := descriptors(t); after != before {
		t.Errorf("%d descriptors are left", after-before)
	}
}
