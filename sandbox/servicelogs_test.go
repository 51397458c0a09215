package sandbox

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"
)

// writtenLog is a log as the agent writes it.
type writtenLog struct {
	t    *testing.T
	file string
	at   time.Time
}

func newWrittenLog(t *testing.T, dir, name string) *writtenLog {
	return &writtenLog{t, filepath.Join(dir, name), time.Date(2026, 1, 31, 0, 0, 0, 0, time.UTC)}
}

func (w *writtenLog) reader() *logReader {
	return &logReader{name: filepath.Base(w.file), file: w.file, older: w.file + "~"}
}

func (w *writtenLog) raw(text string) {
	w.t.Helper()
	f, err := os.OpenFile(w.file, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err == nil {
		_, err = f.WriteString(text)
		_ = f.Close()
	}
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *writtenLog) line(text string) {
	w.t.Helper()
	w.at = w.at.Add(time.Second)
	w.raw(w.at.Format(logTime) + " " + text + "\n")
}

// rotate makes the file the older part, as the agent does: by copying.
func (w *writtenLog) rotate() {
	w.t.Helper()
	text, err := os.ReadFile(w.file)
	if err == nil {
		err = os.WriteFile(w.file+"~", text, 0o600)
	}
	if err == nil {
		err = os.Truncate(w.file, 0)
	}
	if err != nil {
		w.t.Fatal(err)
	}
}

// next gives what a reader finds now.
func next(t *testing.T, logs ...*logReader) []string {
	t.Helper()
	for _, l := range logs {
		if err := l.again(); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	if err := merge(logs, func(l LogLine) error { got = append(got, l.Text); return nil }); err != nil {
		t.Fatal(err)
	}
	return got
}

func wantLines(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Whoever follows a log gets each line once, also when the file becomes the older part meanwhile.
func TestFollowedLogRotates(t *testing.T) {
	w := newWrittenLog(t, t.TempDir(), "db")
	r := w.reader()
	defer r.close()
	wantLines(t, next(t, r)) // there is no file yet
	w.line("one")
	w.line("two")
	wantLines(t, next(t, r), "one", "two")
	w.line("three")
	w.rotate()
	w.line("four")
	wantLines(t, next(t, r), "three", "four")
	wantLines(t, next(t, r))
	w.rotate() // with nothing new in it, and at once longer than what was read
	for i := range 9 {
		w.line(fmt.Sprint("more ", i))
	}
	if got := next(t, r); len(got) != 9 || got[0] != "more 0" || got[8] != "more 8" {
		t.Errorf("got %q", got)
	}
	w.raw(w.at.Format(logTime) + " in ")
	wantLines(t, next(t, r))
	w.raw("pieces\n")
	wantLines(t, next(t, r), "in pieces")
	w.raw("no line of ours\n")
	w.line("last")
	wantLines(t, next(t, r), "last")
}

// What was there before is read from the older part on.
func TestLogBeginsWithTheOlderPart(t *testing.T) {
	w := newWrittenLog(t, t.TempDir(), "db")
	w.line("one")
	w.rotate()
	w.line("two")
	r := w.reader()
	defer r.close()
	wantLines(t, next(t, r), "one", "two")
	w.line("three")
	w.rotate()
	w.line("four")
	wantLines(t, next(t, r), "three", "four")
}

func TestLogQuery(t *testing.T) {
	dir := t.TempDir()
	db, web := newWrittenLog(t, dir, "db"), newWrittenLog(t, dir, "web")
	web.at = web.at.Add(time.Millisecond)
	for i := range 5 {
		db.line(fmt.Sprint("db ", i))
		web.line(fmt.Sprint("web ", i))
	}
	db.line("db 5")
	for name, c := range map[string]struct {
		q    LogQuery
		want []string
	}{
		"tail":  {LogQuery{Tail: 2}, []string{"web 3", "db 4", "web 4", "db 5"}},
		"since": {LogQuery{Since: web.at}, []string{"web 4", "db 5"}},
		"both":  {LogQuery{Tail: 1, Since: web.at}, []string{"web 4", "db 5"}},
		"none":  {LogQuery{Since: db.at.Add(time.Hour)}, nil},
		"more":  {LogQuery{Tail: 100, Since: db.at.Add(-time.Second)}, []string{"db 4", "web 4", "db 5"}},
	} {
		logs := []*logReader{db.reader(), web.reader()}
		for _, l := range logs {
			if err := l.begin(); err != nil {
				t.Fatal(err)
			}
		}
		var got []string
		if err := c.q.first(logs, func(l LogLine) error { got = append(got, l.Text); return nil }); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
		for _, l := range logs {
			l.close()
		}
	}
}
