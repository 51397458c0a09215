package userns

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"reflect"
	"strings"
	"syscall"
	"testing"
)

// TestErrorCrosses: what the child says of a failure the parent can ask the same questions.
func TestErrorCrosses(t *testing.T) {
	for _, c := range []struct {
		name string
		in   *Error
		text string
		is   []error
		not  error
	}{
		{"a number", &Error{Op: "mount proc", Path: "/proc", Err: syscall.EPERM, Needs: NeedsProc},
			"mount proc on /proc: operation not permitted", []error{syscall.EPERM, fs.ErrPermission}, fs.ErrNotExist},
		{"a number, wrapped", &Error{Op: "bind", Err: &os.PathError{Op: "open_tree", Path: "/x", Err: syscall.ENOENT}},
			"bind: no such file or directory", []error{syscall.ENOENT, fs.ErrNotExist}, fs.ErrPermission},
		{"words", &Error{Op: "step x", Err: errors.New("unknown kind")}, "step x: unknown kind", nil, syscall.EPERM},
	} {
		t.Run(c.name, func(t *testing.T) {
			b, err := json.Marshal(Report{Error: c.in})
			if err != nil {
				t.Fatal(err)
			}
			var back Report
			if err := json.Unmarshal(b, &back); err != nil {
				t.Fatal(err)
			}
			got := back.Error
			if got.Op != c.in.Op || got.Path != c.in.Path || got.Needs != c.in.Needs || got.Error() != c.text {
				t.Errorf("got %q, %+v", got, got)
			}
			for _, want := range c.is {
				if !errors.Is(got, want) {
					t.Errorf("it is not %v any more", want)
				}
			}
			if errors.Is(got, c.not) {
				t.Errorf("it became %v", c.not)
			}
			var no syscall.Errno
			if errors.As(got, &no) != (c.is != nil) {
				t.Errorf("its number is %d", no)
			}
		})
	}
}

func TestErrorCrossesTwice(t *testing.T) {
	e := &Error{Op: "mount", Err: syscall.EPERM}
	for range 2 {
		b, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		e = new(Error)
		if err := json.Unmarshal(b, e); err != nil {
			t.Fatal(err)
		}
	}
	if !errors.Is(e, syscall.EPERM) {
		t.Errorf("got %v", e)
	}
	if err := json.Unmarshal([]byte("[]"), e); err == nil {
		t.Error("a list was taken for an error")
	}
}

func TestAsError(t *testing.T) {
	typed := &Error{Op: "bind", Err: syscall.EPERM}
	if got := asError(fmt.Errorf("wrapped: %w", typed)); got != typed {
		t.Errorf("got %v", got)
	}
	if got := asError(syscall.EIO); got.Op == "" || !errors.Is(got, syscall.EIO) {
		t.Errorf("got %v", got)
	}
}

func TestReadReport(t *testing.T) {
	got, err := readReport(strings.NewReader(`{"degraded":[{"what":"proc","why":"w"}]}` + "\n"))
	if want := (Report{Degraded: []Degradation{{"proc", "w"}}}); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestReadReportRefused(t *testing.T) {
	endless := io.MultiReader(strings.NewReader(`{"degraded":[{"what":"`), zeros{})
	for _, c := range []struct {
		name string
		in   io.Reader
		op   string
		is   error
	}{
		{"nothing", strings.NewReader(""), "start init", nil},
		{"garbage", strings.NewReader("panic: oh\n"), "read report", nil},
		{"cut short", strings.NewReader(`{"error":{"Op":"x"`), "read report", nil},
		{"more than one", strings.NewReader("{}\n{}\n"), "read report", nil},
		{"without an end", endless, "read report", nil},
		{"a failing pipe", failing{}, "read report", syscall.EIO},
		{"an error", strings.NewReader(`{"error":{"Op":"bind","Errno":1,"Text":"x"}}`), "bind", syscall.EPERM},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := readReport(c.in)
			var e *Error
			if !errors.As(err, &e) || e.Op != c.op || (c.is != nil && !errors.Is(err, c.is)) {
				t.Errorf("got %v", err)
			}
			if !reflect.DeepEqual(got, Report{}) {
				t.Errorf("and the report %+v", got)
			}
		})
	}
}

func FuzzReadReport(f *testing.F) {
	f.Add(`{"error":{"Op":"bind","Errno":1,"Text":"x"}}`)
	f.Add(`{"facts":[{"name":"x","ok":true}]}`)
	f.Add(`{"error":{"Errno":99999999}}`)
	f.Fuzz(func(t *testing.T, s string) {
		if _, err := readReport(strings.NewReader(s)); err != nil && err.Error() == "" {
			t.Error("an error without words")
		}
	})
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) {
	clear(b)
	return len(b), nil
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, syscall.EIO }
