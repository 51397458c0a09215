package agent

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// logIn makes a log of two files in a directory of its own, with a small limit.
func logIn(t *testing.T, most int64) (l *serviceLog, file, older string) {
	t.Helper()
	dir := t.TempDir()
	file, older = filepath.Join(dir, "log"), filepath.Join(dir, "older")
	var files []*os.File
	for _, name := range []string{file, older} {
		f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = f.Close() })
		files = append(files, f)
	}
	l = newServiceLog(files[0], files[1])
	l.most = most
	return l, file, older
}

func textOf(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// However much a service prints, its log stays within twice the limit and a line, and ends with the latest lines.
func TestServiceLogIsBounded(t *testing.T) {
	const most, n = 4 << 10, 2000
	l, file, older := logIn(t, most)
	longest := 0
	for i := range n {
		l.write(fmt.Appendf(nil, "line %d", i))
		longest = max(longest, len(textOf(t, file)), len(textOf(t, older)))
	}
	if longest > most+100 {
		t.Errorf("a file of %d bytes with a limit of %d", longest, most)
	}
	lines := strings.Split(strings.TrimSpace(textOf(t, older)+textOf(t, file)), "\n")
	if len(lines) < most/40 {
		t.Fatalf("%d lines are left", len(lines))
	}
	for i, line := range lines { // without a gap to the last one
		at, text, _ := strings.Cut(line, " ")
		if _, err := time.Parse(logTime, at); err != nil || text != fmt.Sprintf("line %d", n-len(lines)+i) {
			t.Fatalf("line %d of %d is %q: %v", i, len(lines), line, err)
		}
	}
}

// A log that was there before counts.
func TestServiceLogGoesOn(t *testing.T) {
	l, file, older := logIn(t, 100)
	l.write([]byte(strings.Repeat("x", 200)))
	again := newServiceLog(l.file, l.older)
	again.most = 100
	again.write([]byte("new"))
	if got := textOf(t, file); !strings.HasSuffix(got, " new\n") || len(got) > 100 {
		t.Errorf("the file has %q", got)
	}
	if got := textOf(t, older); !strings.HasSuffix(got, "xxx\n") {
		t.Errorf("the older part has %q", got)
	}
}

func TestServiceOutput(t *testing.T) {
	l, file, _ := logIn(t, maxServiceLog)
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	var heard []string
	o := l.follow(r, func(line string) { heard = append(heard, line) })
	long := strings.Repeat("long", maxServiceLine/4) + "er"
	for i := range 20 {
		_, _ = fmt.Fprintf(w, "line %d\n", i)
	}
	_, _ = fmt.Fprint(w, "\n", long, "\nno end")
	_ = w.Close()
	select {
	case <-o.done:
	case <-time.After(10 * time.Second):
		t.Fatal("it reads on")
	}
	want := append([]string{"line 15", "line 16", "line 17", "line 18", "line 19"}, "", long[:500], "er", "no end")
	if got := o.lines(); len(got) != tailLines || strings.Join(got[1:], "|") != strings.Join(want, "|") {
		t.Errorf("tail %.60q", got)
	}
	if len(heard) != 24 || heard[21] != long[:maxServiceLine] || heard[22] != "er" {
		t.Errorf("%d lines were heard", len(heard))
	}
	if n := strings.Count(textOf(t, file), "\n"); n != 24 {
		t.Errorf("%d lines were written", n)
	}
}

// A full disk stops no service.
func TestServiceLogOnAFullDisk(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	l := newServiceLog(full, full) // which it closes with the next pair
	for range 3 {
		l.write([]byte("lost"))
	}
	good, file, _ := logIn(t, 100)
	l.reopen(good.file, good.older)
	l.write([]byte("kept"))
	if !strings.HasSuffix(textOf(t, file), " kept\n") {
		t.Error("it does not go on")
	}
}
