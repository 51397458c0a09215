package sockets

import (
	"slices"
	"strings"
	"testing"
)

func TestParseListeners(t *testing.T) {
	const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1001        0 12345 1 0 100 0 0 10 0
   1: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 7 1 0 100 0 0 10 0
   2: 0100007F:1F90 0100007F:C350 01 00000000:00000000 00:00000000 00000000  1001        0 12346 1 0 100 0 0 10 0
   3: 00000000000000000000000001000000:0BB8 00000000000000000000000000000000:0000 0A 0:0 0:0 0 1001 0 99 1 0
   4: 0100007F 00000000:0000 0A 0 0 0 0 0 1
   5: zz:1F90 00000000:0000 0A 0 0 0 0 0 1 1
`
	var got []string
	for _, l := range parseTable(strings.NewReader(table), stateListen) {
		got = append(got, l.At.String())
	}
	if want := []string{"127.0.0.1:8080", "0.0.0.0:22", "[::1]:3000"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestParseListenersIsBounded(t *testing.T) {
	line := "0: 0100007F:1F90 00000000:0000 0A 0:0 0:0 0 1001 0 99 1 0\n"
	if got := parseTable(strings.NewReader(strings.Repeat(line, 3*maxListeners)), stateListen); len(got) != maxListeners {
		t.Errorf("got %d", len(got))
	}
}

func FuzzParseListener(f *testing.F) {
	f.Add("0: 0100007F:1F90 00000000:0000 0A 0:0 0:0 0 1001 0 99 1 0")
	f.Fuzz(func(t *testing.T, line string) {
		if l, ok := parseSocket(line, stateListen); ok && (!l.At.IsValid() || l.At.Port() == 0) {
			t.Errorf("%q: %v", line, l)
		}
	})
}
