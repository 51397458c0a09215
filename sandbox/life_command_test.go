package sandbox_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/rootless-sandbox/sandbox/sandbox"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

func TestLifeExitCodes(t *testing.T) {
	f := newEngine(t)
	write(t, filepath.Join(f.project, "text"), "no program")
	f.up(f.spec())
	for _, c := range []struct {
		command spec.Command
		code    int
		refused int // of a CommandError
	}{
		{shell("exit 0"), 0, 0},
		{shell("exit 7"), 7, 0},
		{shell("exit 126"), 126, 0},
		{shell("kill -9 $$"), 128 + 9, 0},
		{shell("kill -TERM $$"), 128 + 15, 0},
		{spec.Command{Args: []string{"./text"}}, 0, 126},
		{spec.Command{Args: []string{"/etc"}}, 0, 126},
		{spec.Command{Args: []string{"no-such-program"}}, 0, 127},
		{spec.Command{Args: []string{"/no/such/program"}}, 0, 127},
	} {
		for _, tty := range []bool{false, true} {
			c.command.TTY = tty
			t.Run(fmt.Sprint(c.command.Args, tty), func(t *testing.T) {
				for name, a := range map[string]answer{"exec": f.exec(c.command), "run": f.run(f.spec(), c.command)} {
					var ce *sandbox.CommandError
					switch {
					case c.refused != 0 && (!errors.As(a.err, &ce) || ce.Exit != c.refused || ce.Command != c.command.Args[0]):
						t.Errorf("%s: got %v, %+v; want refusal %d", name, a.err, ce, c.refused)
					case c.refused == 0 && (a.err != nil || a.exit.Code != c.code):
						t.Errorf("%s: got %+v, %v", name, a.exit, a.err)
					}
				}
			})
		}
	}
}

// counter hashes what it is given.
func pump(t *testing.T, w *os.File, size int64) string {
	h := sha256.New()
	block := make([]byte, 1<<20)
	for i := range block {
		block[i] = byte(i * 7)
	}
	for n := int64(0); n < size; n += int64(len(block)) {
		block[0], block[1] = byte(n>>20), byte(n>>28)
		_, _ = h.Write(block)
		if _, err := w.Write(block); err != nil {
			t.Error(err)
			break
		}
	}
	_ = w.Close()
	return string(h.Sum(nil))
}

func TestLifeStreams(t *testing.T) {
	f := newEngine(t)
	f.up(f.spec())
	inR, inW, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	outR, outW, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	sent, got := make(chan string, 1), make(chan string, 1)
	go func() { sent <- pump(t, inW, 256<<20) }()
	go func() {
		h := sha256.New()
		_, _ = io.Copy(h, outR)
		got <- string(h.Sum(nil))
	}()
	x, err := f.Exec(t.Context(), sandbox.ID(f.project, ""), spec.Command{Args: []string{"cat"}},
		sandbox.Streams{In: inR, Out: outW, Err: os.Stderr}, nil)
	_ = outW.Close()
	if a, b := <-sent, <-got; err != nil || x.Code != 0 || a != b {
		t.Errorf("got %+v, %v, the same bytes: %v", x, err, a == b)
	}
	_, _ = inR.Close(), outR.Close()
}

func TestLifeDirectoryAsStream(t *testing.T) {
	f := newEngine(t)
	f.up(f.spec())
	dir, err := os.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = dir.Close() }()
	for _, s := range []sandbox.Streams{{In: dir}, {Out: dir}, {Err: dir}} {
		if _, err := f.Exec(t.Context(), sandbox.ID(f.project, ""), shell("true"), s, nil); err == nil {
			t.Error("a directory of the host went inside")
		}
	}
}

func TestLifeLongCommand(t *testing.T) {
	f := newEngine(t)
	f.up(f.spec())
	many := make([]string, 0, 16)
	for range 16 {
		many = append(many, strings.Repeat("x", 120_000))
	}
	a := f.exec(spec.Command{Args: append([]string{"/bin/sh", "-c", "echo $#", "sh"}, many...)})
	if f.good(a) != "16" {
		t.Errorf("got %q", a.out)
	}
	inTime(t, func() {
		for _, size := range []int{200_000, 9 << 20} { // more than execve takes, than a frame holds
			c := spec.Command{Args: []string{"/bin/true", strings.Repeat("x", size)}}
			if a := f.exec(c); a.err == nil {
				t.Errorf("exec %d: got %+v", size, a.exit)
			}
			if a := f.run(f.spec(), c); a.err == nil {
				t.Errorf("run %d: got %+v", size, a.exit)
			}
		}
	})
	f.sh("true")
}

func TestLifeEnvironment(t *testing.T) {
	t.Setenv("TERM", "test-terminal")
	f := newEngine(t)
	s := f.spec()
	s.Env = []string{"A=spec", "B=spec", "HOME=/elsewhere", "SANDBOX=1"}
	f.up(s)
	c := shell(`echo "$A $B $C $TERM $SANDBOX $HOME $USER"`)
	c.Env = []string{"B=first", "B=command", "C=a=b"}
	want := "spec command a=b test-terminal 1 " + s.User.Home + " " + s.User.Name
	if got := f.good(f.exec(c)); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// The login shell is what the sandbox's own passwd(5) says, at any time.
func TestLifeLoginShell(t *testing.T) {
	f := newEngine(t)
	s := f.spec()
	f.up(s)
	entry := f.sh(`awk -F: -v u=$(id -u) '$3 == u { print $7; exit }' /etc/passwd`)
	if got := f.sh("echo $SHELL"); got != entry || got == "" {
		t.Errorf("got %q, want %q", got, entry)
	}
	f.good(f.exec(asRoot(shell(fmt.Sprintf("ln -s /bin/sh /var/other && sed -i '/^%s:/s#[^:]*$#/var/other#' /etc/passwd", s.User.Name)))))
	a := f.capture(func(io sandbox.Streams, emit func(spec.Event)) (spec.Exit, error) {
		in, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = in.Close() }()
		_, _ = w.WriteString("echo $0 $SHELL")
		_ = w.Close()
		io.In = in
		return f.Exec(t.Context(), s.ID, spec.Command{Login: true}, io, emit)
	})
	if got := f.good(a); got != "-other /var/other" {
		t.Errorf("got %q", got)
	}
}

func TestLifeWorkdir(t *testing.T) {
	f := newEngine(t)
	if err := os.Mkdir(filepath.Join(f.project, "sub"), 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(f.project, "file"), "")
	f.up(f.spec())
	for dir, want := range map[string]string{"": f.project, f.project + "/sub": f.project + "/sub", "/etc": "/etc", "/workspace/sub": "/workspace/sub"} {
		a := f.exec(spec.Command{Args: []string{"/bin/pwd", "-L"}, Dir: dir, Env: []string{"PWD=" + want}})
		if f.good(a) != want {
			t.Errorf("%q: got %q", dir, a.out)
		}
	}
	for _, dir := range []string{"/no/such", f.project + "/file"} {
		var refused *sandbox.DirError
		if a := f.exec(spec.Command{Args: []string{"/bin/pwd"}, Dir: dir}); !errors.As(a.err, &refused) || refused.Dir != dir {
			t.Errorf("%q: got %v", dir, a.err)
		}
	}
}

func TestLifeUsers(t *testing.T) {
	f := newEngine(t)
	s := f.spec()
	f.up(s)
	me := fmt.Sprintf("%d %d", s.User.UID, s.User.GID)
	cases := []struct{ user, want string }{{"", me}, {s.User.Name, me}, {strconv.Itoa(s.User.UID), me}}
	if s.IDs == spec.IDsRange {
		cases = append(cases, []struct{ user, want string }{
			{"root", "0 0"}, {"daemon", "1 1"}, {"1", "1 1"}, {"1:5", "1 5"}, {"daemon:tty", "1 5"}, {"4321", "4321 4321"},
		}...)
	}
	for _, c := range cases {
		cmd := shell("echo $(id -u) $(id -g)")
		cmd.User = c.user
		if got := f.good(f.exec(cmd)); got != c.want {
			t.Errorf("%q: got %q, want %q", c.user, got, c.want)
		}
	}
	refused := []string{"no-such-user", "root:no-such-group", "-1", "4294967296"}
	if s.IDs == spec.IDsSingle {
		refused = append(refused, "daemon", "1234")
	}
	for _, user := range refused {
		cmd := shell("id")
		cmd.User = user
		var ue *sandbox.UserError
		if a := f.exec(cmd); !errors.As(a.err, &ue) || ue.Name != user {
			t.Errorf("%q: got %v, %q", user, a.err, a.out)
		}
	}
}

func TestLifeRoot(t *testing.T) {
	f := newEngine(t)
	s := f.spec()
	f.up(s)
	if got := f.good(f.exec(asRoot(shell("id -u")))); got != "0" {
		t.Errorf("got id %q", got)
	}
	a := f.exec(asRoot(shell("mkdir -p dir/sub && echo x > dir/sub/file && chown -R 1:1 dir")))
	f.good(a)
	repaired := 0
	for _, e := range a.events {
		if e.Kind == "repaired" {
			repaired += e.Count
		}
	}
	if s.IDs == spec.IDsRange && s.User.UID != 0 && repaired != 3 {
		t.Errorf("repaired %d files, want 3", repaired)
	}
	if s.User.UID != 0 {
		st, err := os.Stat(filepath.Join(f.project, "dir/sub/file"))
		if err != nil || int(st.Sys().(*syscall.Stat_t).Uid) != os.Getuid() {
			t.Errorf("the file is %+v, %v", st, err)
		}
	}
	if got := f.results(f.run(s, asRoot(probing(t, "chown", f.project+"/other")))); got["uid"] != "0" || got["chown"] != "ok" {
		t.Errorf("in a run: %v", got)
	}
}
