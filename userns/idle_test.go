package userns

import (
	"strings"
	"testing"
)

const smaps = `00400000-0071d000 r-xp 00000000 fe:00 123        /usr/local/bin/sandbox
Size:               3188 kB
Pss:                 896 kB
Anonymous:             0 kB
VmFlags: rd ex mr mw me sd
00a90000-00ae9000 rw-p 0068f000 fe:00 123        /usr/local/bin/a-b c
Anonymous:            44 kB
3487a2000000-3487a2400000 rw-p 00000000 00:00 0
Anonymous:           888 kB
00b00000-00b01000 r--p 0068f000 fe:00 123        /usr/local/bin/sandbox
Anonymous:             4 kB
`

func TestParseSmaps(t *testing.T) {
	want := []region{
		{start: 0x400000, end: 0x71d000, perms: "r-xp", file: true},
		{start: 0xa90000, end: 0xae9000, perms: "rw-p", file: true, anonymous: true},
		{start: 0x3487a2000000, end: 0x3487a2400000, perms: "rw-p", anonymous: true},
		{start: 0xb00000, end: 0xb01000, perms: "r--p", file: true, anonymous: true},
	}
	got := parseSmaps(strings.NewReader(smaps))
	if len(got) != len(want) {
		t.Fatalf("got %d mappings, want %d: %+v", len(got), len(want), got)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("mapping %d: got %+v, want %+v", i, got[i], want[i])
		}
	}
}

// A program whose text was dropped goes on as before.
func TestShrinkLosesNothing(t *testing.T) {
	if err := Shrink(0, true); err != nil {
		t.Fatal(err)
	}
	if got := strings.Repeat("a", 3); got != "aaa" {
		t.Errorf("got %q", got)
	}
}
