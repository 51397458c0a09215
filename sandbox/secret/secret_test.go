package secret

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

// place is a project p beside a file; names are below it.
func place(t *testing.T) string {
	t.Helper()
	top, err := filepath.EvalSymlinks(t.TempDir())
	if err == nil {
		err = os.MkdirAll(filepath.Join(top, "p/sub"), 0o755)
	}
	for name, text := range map[string]string{"out": "outside\n", "p/in": "inside\n", "empty": "", "most": strings.Repeat("x", MaxSize), "long": strings.Repeat("x", MaxSize+1)} {
		if err == nil {
			err = os.WriteFile(filepath.Join(top, name), []byte(text), 0o600)
		}
	}
	for name, to := range map[string]string{"p/leads": "../out", "p/absolute": filepath.Join(top, "out"), "p/stays": "in", "p/up": "..", "link": "out"} {
		if err == nil {
			err = os.Symlink(to, filepath.Join(top, name))
		}
	}
	if err == nil {
		err = syscall.Mkfifo(filepath.Join(top, "fifo"), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return top
}

func TestRead(t *testing.T) {
	top := place(t)
	o := Options{Project: filepath.Join(top, "p"), Home: top, Environ: []string{"PATH=" + os.Getenv("PATH"), "A=b=c", "EMPTY=", "AB=x"}, Timeout: 20 * time.Second}
	for name, c := range map[string]struct {
		from any // a file below the place, a variable behind $, or a command
		want string
		err  error
		text string // of an error that has no name
	}{
		"file":                      {from: "out", want: "outside\n"},
		"file of the most":          {from: "most", want: strings.Repeat("x", MaxSize)},
		"file that is too long":     {from: "long", err: ErrTooLong},
		"empty file":                {from: "empty", err: ErrEmpty},
		"no file":                   {from: "none", err: fs.ErrNotExist},
		"pipe":                      {from: "fifo", err: ErrKind},
		"directory":                 {from: "p", err: ErrKind},
		"link":                      {from: "link", want: "outside\n"},
		"file of the project":       {from: "p/in", want: "inside\n"},
		"link in the project":       {from: "p/stays", want: "inside\n"},
		"link out of the project":   {from: "p/leads", err: ErrOutside},
		"absolute link out of it":   {from: "p/absolute", err: ErrOutside},
		"below a link out of it":    {from: "p/up/out", err: ErrOutside},
		"no file of the project":    {from: "p/none", err: fs.ErrNotExist},
		"variable":                  {from: "$A", want: "b=c"},
		"variable that is empty":    {from: "$EMPTY", err: ErrUnset},
		"no variable":               {from: "$B", err: ErrUnset},
		"command":                   {from: []string{"printf", `a\nb\n\n`}, want: "a\nb"},
		"command's surroundings":    {from: []string{"sh", "-c", `pwd; echo "$A"; cat`}, want: top + "\nb=c"},
		"command that fails":        {from: []string{"sh", "-c", "echo x; exit 3"}, text: "exit status 3"},
		"command that says nothing": {from: []string{"true"}, err: ErrEmpty},
		"command that says much":    {from: []string{"head", "-c", fmt.Sprint(MaxSize + 1), "/dev/zero"}, err: ErrTooLong},
		"no command":                {from: []string{"no-such-program"}, text: "executable file not found in $PATH"},
		"command's child":           {from: []string{"sh", "-c", "sleep 60 & echo $!"}, text: "-"},
	} {
		t.Run(name, func(t *testing.T) {
			s := spec.Secret{Name: "s"}
			switch from := c.from.(type) {
			case []string:
				s.Command = from
			case string:
				if variable, ok := strings.CutPrefix(from, "$"); ok {
					s.Env = variable
				} else {
					s.File = filepath.Join(top, from)
				}
			}
			got, err := Read(t.Context(), []spec.Secret{s}, o)
			if c.text == "-" { // it is given, though something still holds the output; end that
				var pid int
				if _, serr := fmt.Sscan(string(got[0].Data), &pid); serr != nil || err != nil {
					t.Fatal(serr, err)
				}
				_ = syscall.Kill(pid, syscall.SIGKILL)
				return
			}
			var e *Error
			switch {
			case c.err == nil && c.text == "":
				if err != nil || string(got[0].Data) != c.want || got[0].Name != "s" {
					t.Errorf("got %v, %v", got, err)
				}
			case !errors.As(err, &e) || e.Name != "s" || c.err != nil && !errors.Is(err, c.err) || !strings.Contains(err.Error(), c.text):
				t.Errorf("got %v, want %v %s", err, c.err, c.text)
			}
		})
	}
}

func TestACommandThatDoesNotEnd(t *testing.T) {
	_, err := Read(t.Context(), []spec.Secret{{Name: "s", Command: []string{"sleep", "60"}}}, Options{Timeout: time.Millisecond, Environ: os.Environ()})
	if err == nil || !strings.Contains(err.Error(), "not done after 1ms") {
		t.Errorf("got %v", err)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if _, err := Read(ctx, []spec.Secret{{Name: "s", Command: []string{"sleep", "60"}}}, Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestAValueIsNotPrinted(t *testing.T) {
	v := Value{"token", []byte("hush")}
	if got := fmt.Sprintf("%v %+v %#v %s", v, []Value{v}, v, v); strings.Contains(got, "hush") || strings.Contains(got, "104") {
		t.Errorf("got %s", got)
	}
}
