package testrun

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

func aRecord() Record {
	e := Environment{
		Command: spec.Command{Args: []string{"go", "test"}, Dir: "/p/sub"}, Env: []string{"A=1", "B="},
		Network: "none", Target: "/p", User: "sandbox", UID: 1000, Umask: 0o22,
	}
	return Record{
		Version: RecordVersion, ID: "20260102-030405-abcdef", Program: "v1", Time: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
		Project: "/p", Config: "sha256:c", Git: Git{"abc", "main"}, At: "abc", Tree: Tree{Digest: "sha256:t", Files: 3},
		Cases: []Result{{
			Name: "unit", Inputs: "sha256:i", Digest: e.Digest(), Environment: e, Timeout: time.Minute, Verdict: Flaky, Passed: 1, Failed: 1,
			Runs: []RecordedRun{{Run{N: 1, Status: Passed, Elapsed: 5}, "sha256:o"}, {Run{N: 2, Status: Failed, Exit: 3}, "sha256:p"}}, Output: "oops",
		}},
	}
}

func TestRecordComesBackAsItWasWritten(t *testing.T) {
	name := filepath.Join(t.TempDir(), "record.json")
	want := aRecord()
	if err := want.Write(name); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	got, err := ReadRecord(f)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%v\n%+v, want\n%+v", err, got, want)
	}
	left, _ := os.ReadDir(filepath.Dir(name))
	if st, err := os.Stat(name); err != nil || st.Mode() != 0o644 || len(left) != 1 {
		t.Errorf("%v %v, and %d files beside", st, err, len(left)-1)
	}
}

func TestRecordThatCannotBeWrittenLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "taken"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := aRecord().Write(filepath.Join(dir, "taken")); err == nil {
		t.Error("a record took the place of a directory")
	}
	if err := aRecord().Write(filepath.Join(dir, "no", "record")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("error %v", err)
	}
	if left, _ := os.ReadDir(dir); len(left) != 1 {
		t.Errorf("left are %v", left)
	}
}

func TestParseRecordRefusesWhatCannotBeRun(t *testing.T) {
	for name, spoil := range map[string]func(*Record){
		"another version":      func(r *Record) { r.Version = 2 },
		"no test":              func(r *Record) { r.Cases = nil },
		"too many tests":       func(r *Record) { r.Cases = slices.Repeat(r.Cases, maxRecordCases+1) },
		"no commit":            func(r *Record) { r.At = "--output=/etc/passwd" },
		"a long commit":        func(r *Record) { r.At = strings.Repeat("a", 65) },
		"no command":           func(r *Record) { r.Cases[0].Environment.Command.Args = nil },
		"a command of nothing": func(r *Record) { r.Cases[0].Environment.Command.Args = []string{""} },
		"a NUL in a command":   func(r *Record) { r.Cases[0].Environment.Command.Args = []string{"a\x00b"} },
		"no network":           func(r *Record) { r.Cases[0].Environment.Network = "" },
		"an unknown network":   func(r *Record) { r.Cases[0].Environment.Network = "open" },
		"no variable":          func(r *Record) { r.Cases[0].Environment.Env = []string{"A"} },
		"a nameless variable":  func(r *Record) { r.Cases[0].Environment.Env = []string{"=1"} },
		"a NUL in a variable":  func(r *Record) { r.Cases[0].Environment.Env = []string{"A=\x00"} },
		"a time below 0":       func(r *Record) { r.Cases[0].Timeout = -1 },
		"a place that leads up": func(r *Record) {
			r.Cases[0].Environment.Command.Dir = "/p/../../etc"
		},
		"a user that is a path": func(r *Record) { r.Cases[0].Environment.User = "../../etc" },
		"a host that is none":   func(r *Record) { r.Cases[0].Environment.Hostname = "a/b" },
	} {
		r := aRecord()
		spoil(&r)
		text, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		var refused *RecordError
		if _, err := ParseRecord(text); !errors.As(err, &refused) {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

func TestReadRecordHasABound(t *testing.T) {
	var refused *RecordError
	if _, err := ReadRecord(bytes.NewReader(make([]byte, maxRecord+1))); !errors.As(err, &refused) {
		t.Errorf("error %v", err)
	}
}

// FuzzParseRecord: a record is anybody's. What is taken can be run, and written again.
func FuzzParseRecord(f *testing.F) {
	text, err := json.Marshal(aRecord())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte(`{"version":1,"tests":[{"environment":{"command":{"args":["x"]},"network":"none"}}]}`))
	f.Add([]byte(`{"version":1,"tests":[{}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		r, err := ParseRecord(text)
		if err != nil {
			var refused *RecordError
			if !errors.As(err, &refused) {
				t.Fatalf("error %T %v", err, err)
			}
			return
		}
		again, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ParseRecord(again); err != nil {
			t.Errorf("taken, written, and refused: %v", err)
		}
		for _, c := range r.Cases {
			Compare(c.Environment, Environment{})
			if len(c.Environment.Command.Args) == 0 {
				t.Error("a test without a command was taken")
			}
		}
	})
}

func TestRecordedHasTheEndOfTheFirstFailure(t *testing.T) {
	runs := []Run{
		{N: 1, Status: Passed, Output: printed("fine")},
		{N: 2, Status: Failed, Output: printed(strings.Repeat("x", recordedOutput) + "\xffthe reason")},
	}
	list, output := Recorded(runs)
	if len(list) != 2 || list[0].OutputDigest != runs[0].Output.Digest() {
		t.Errorf("%+v", list)
	}
	if len(output) > recordedOutput+2 || !strings.HasSuffix(output, "\uFFFDthe reason") {
		t.Errorf("%d bytes, ending with %q", len(output), output[len(output)-12:])
	}
}

func TestKeepNewest(t *testing.T) {
	dir := t.TempDir()
	var names []string
	for day := range 5 {
		name := NewID(time.Date(2026, 1, 1+day, 0, 0, 0, 0, time.UTC))
		names = append(names, name)
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	KeepNewest(dir, 2)
	var left []string
	list, _ := os.ReadDir(dir)
	for _, d := range list {
		left = append(left, d.Name())
	}
	if !slices.Equal(left, names[3:]) {
		t.Errorf("left are %v of %v", left, names)
	}
	KeepNewest(filepath.Join(dir, "missing"), 2)
}
