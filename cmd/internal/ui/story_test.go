package ui_test

import (
	"bytes"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rootless-sandbox/sandbox/cmd/internal/ui"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

func life() []spec.Event {
	return []spec.Event{
		{Kind: "image", Name: "rootfs:base.tar", State: "start"},
		{Kind: "image", Name: "rootfs:base.tar", State: "ok", Detail: "built, cached from now on", Elapsed: 9840 * time.Millisecond},
		{Kind: "image", Name: "host", State: "cached"},
		{Kind: "sandbox", Name: "hello-4f2a", State: "ok", Elapsed: 18 * time.Millisecond},
		{Kind: "hook", Name: "create", State: "start"},
		{Kind: "output", Name: "create", Detail: "one \x1b]0;x\x07 line"},
		{Kind: "output", Name: "create.deps", Detail: "a\tb"},
		{Kind: "hook", Name: "create", State: "ok", Elapsed: 2140 * time.Millisecond},
		{Kind: "hook", Name: "start", State: "failed", Elapsed: 3 * time.Millisecond, Detail: "exit status 2"},
		{Kind: "repaired", Count: 3},
		{Kind: "repaired", Count: 1},
		{Kind: "degraded", Name: "ids", Detail: "no subordinate range"},
		{Kind: "note", Detail: "a\x1b[2Jb"},
		{Kind: "fact", Name: "project", Detail: "/home/me/hello  (rw, same path inside)"},
	}
}

func tell(s *ui.Story) string {
	var b bytes.Buffer
	s.W = &b
	for _, e := range life() {
		s.Event(e)
	}
	return b.String()
}

func TestALogTellsOfWhatTakesLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b bytes.Buffer
		s := &ui.Story{W: &b, Slow: 5 * time.Second}
		start := spec.Event{Kind: "image", Name: "apt:trixie", State: "start"}
		s.Event(start)
		time.Sleep(4 * time.Second)
		s.Event(spec.Event{Kind: "image", Name: "apt:trixie", State: "cached"})
		time.Sleep(4 * time.Second)
		s.Event(start)
		time.Sleep(6 * time.Second)
		s.Event(spec.Event{Kind: "image", Name: "apt:trixie", State: "ok", Detail: "built", Elapsed: 6 * time.Second})
		const want = ` ok  image     apt:trixie                     cached
 ..  image     apt:trixie
 ok  image     apt:trixie                     built in 6.0 s
`
		if b.String() != want {
			t.Errorf("got:\n%s", b.String())
		}
	})
}

const lifeText = ` ok  image     rootfs:base.tar                built in 9.8 s, cached from now on
 ok  image     host                           cached
 ok  sandbox   hello-4f2a                     ready in 18 ms
     create | one \x1b]0;x\x07 line
     create.deps | a	b
 ok  hook      create                         done in 2.1 s
 no  hook      start                          failed after 3 ms: exit status 2
 ok  repaired  3 files of the project are yours again
 ok  repaired  1 file of the project is yours again
 --  degraded  ids                            no subordinate range
note: a\x1b[2Jb
     project   /home/me/hello  (rw, same path inside)
`

const lifeVerbose = ` ..  image     rootfs:base.tar
 ok  image     rootfs:base.tar                built in 9.8 s, cached from now on
 ok  image     host                           cached
 ok  sandbox   hello-4f2a                     ready in 18 ms
 ..  hook      create
     create | one \x1b]0;x\x07 line
     create.deps | a	b
 ok  hook      create                         done in 2.1 s
 no  hook      start                          failed after 3 ms: exit status 2
 ok  repaired  3 files of the project are yours again
 ok  repaired  1 file of the project is yours again
 --  degraded  ids                            no subordinate range
note: a\x1b[2Jb
     project   /home/me/hello  (rw, same path inside)
`

const lifeJSON = `{"type":"event","kind":"image","name":"rootfs:base.tar","state":"start"}
{"type":"event","kind":"image","name":"rootfs:base.tar","state":"ok","detail":"built, cached from now on","elapsed_ms":9840}
{"type":"event","kind":"image","name":"host","state":"cached"}
{"type":"event","kind":"sandbox","name":"hello-4f2a","state":"ok","elapsed_ms":18}
{"type":"event","kind":"hook","name":"create","state":"start"}
{"type":"event","kind":"output","name":"create","detail":"one \u001b]0;x\u0007 line"}
{"type":"event","kind":"output","name":"create.deps","detail":"a\tb"}
{"type":"event","kind":"hook","name":"create","state":"ok","elapsed_ms":2140}
{"type":"event","kind":"hook","name":"start","state":"failed","detail":"exit status 2","elapsed_ms":3}
{"type":"event","kind":"repaired","count":3}
{"type":"event","kind":"repaired","count":1}
{"type":"event","kind":"degraded","name":"ids","detail":"no subordinate range"}
{"type":"event","kind":"note","detail":"a\u001b[2Jb"}
{"type":"event","kind":"fact","name":"project","detail":"/home/me/hello  (rw, same path inside)"}
`

func TestStory(t *testing.T) {
	for name, c := range map[string]struct {
		story *ui.Story
		want  string
	}{
		"text":    {&ui.Story{}, lifeText},
		"verbose": {&ui.Story{Verbose: true}, lifeVerbose},
		"json":    {&ui.Story{JSON: true}, lifeJSON},
		"quiet tells failures only": {&ui.Story{Quiet: true},
			" no  hook      start                          failed after 3 ms: exit status 2\n"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := tell(c.story); got != c.want {
				t.Errorf("got:\n%s\nwant:\n%s", got, c.want)
			}
		})
	}
}

func TestStoryOnATerminalReplacesTheLineThatStarted(t *testing.T) {
	var b bytes.Buffer
	s := &ui.Story{W: &b, Moving: true, Paint: true}
	s.Event(spec.Event{Kind: "hook", Name: "create", State: "start"})
	s.Event(spec.Event{Kind: "hook", Name: "create", State: "ok", Elapsed: time.Second})
	want := " ..  hook      create\r\x1b[K\x1b[32m ok\x1b[0m  hook      create                         done in 1.0 s\n"
	if b.String() != want {
		t.Errorf("got %q, want %q", b.String(), want)
	}
}

func TestDurations(t *testing.T) {
	for d, want := range map[time.Duration]string{
		200 * time.Microsecond:      "under 1 ms",
		18 * time.Millisecond:       "18 ms",
		9890 * time.Millisecond:     "9.8 s",
		125 * time.Second:           "2 min 5 s",
		26*time.Hour + 1:            "1 d 2 h",
		3*time.Hour + 4*time.Minute: "3 h 4 min",
	} {
		if got := ui.Duration(d); got != want {
			t.Errorf("%v: got %q, want %q", d, got, want)
		}
	}
	if got := ui.Age(-time.Second); got != "0 s" {
		t.Errorf("a clock that went back: %q", got)
	}
}

func TestTableAlignsAndCleans(t *testing.T) {
	var b bytes.Buffer
	if err := ui.Table(&b, []string{"NAME", "IMAGE"}, [][]string{{"a\tb\x1b", "host"}, {"long-name", "rootfs:x"}}); err != nil {
		t.Fatal(err)
	}
	want := "NAME        IMAGE\na\\tb\\x1b    host\nlong-name   rootfs:x\n"
	if b.String() != want {
		t.Errorf("got %q, want %q", b.String(), want)
	}
}

func TestOutputHasItsColoursOnATerminalAndNothingElse(t *testing.T) {
	var b bytes.Buffer
	s := &ui.Story{W: &b, Moving: true}
	s.Event(spec.Event{Kind: "output", Name: "create", Detail: "\x1b[31mred\x1b[2J"})
	if got, want := b.String(), "     create | \x1b[31mred\\x1b[2J\x1b[0m\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
