package cli

import (
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/rootless-sandbox/sandbox/config"
	"github.com/rootless-sandbox/sandbox/sandbox"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

func TestExecPassesTheCommandAndItsCode(t *testing.T) {
	for name, c := range map[string]struct {
		args []string
		want spec.Command
	}{
		"after --":         {[]string{"exec", "--", "ls", "-l"}, spec.Command{Args: []string{"ls", "-l"}}},
		"after first word": {[]string{"exec", "ls", "-w", "/x", "--json"}, spec.Command{Args: []string{"ls", "-w", "/x", "--json"}}},
		"second -- stays":  {[]string{"exec", "--", "sh", "--", "x"}, spec.Command{Args: []string{"sh", "--", "x"}}},
		"flags":            {[]string{"exec", "-u", "db:5", "-w", "/a/../b", "-e", "A=1=2", "-e", "B=", "x"}, spec.Command{Args: []string{"x"}, User: "db:5", Dir: "/b", Env: []string{"A=1=2", "B="}}},
		"from the host":    {[]string{"exec", "-e", "USER", "-e", "NOT_SET", "x"}, spec.Command{Args: []string{"x"}, Env: []string{"USER=me"}}},
		"root":             {[]string{"exec", "--root", "-T", "x"}, spec.Command{Args: []string{"x"}, Root: true}},
		"relative place":   {[]string{"exec", "-w", "sub", "x"}, spec.Command{Args: []string{"x"}, Dir: "/inside/sub"}},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.engine.exit = spec.Exit{Code: 42}
			r := b.run(c.args...)
			if r.code != 42 || r.out != "" || r.err != "" {
				t.Errorf("got %+v, want code 42 and no word", r)
			}
			if !reflect.DeepEqual(b.engine.command, c.want) {
				t.Errorf("got %+v, want %+v", b.engine.command, c.want)
			}
		})
	}
}

func TestExecReadsNoConfiguration(t *testing.T) {
	b := newBench(t)
	b.backend.load = func(config.LoadOptions) (*config.Loaded, error) { return nil, errors.New("was read") }
	if r := b.run("--name", "two", "exec", "--", "true"); r.code != 0 {
		t.Errorf("got %+v", r)
	}
	if want := []string{"exec idtwo"}; !reflect.DeepEqual(b.engine.calls, want) {
		t.Errorf("got %v, want %v", b.engine.calls, want)
	}
}

func TestExecRunsInTheDirectoryOfTheUser(t *testing.T) {
	b := newBench(t)
	b.cwd = filepath.Join(b.project, "sub", "dir")
	b.run("exec", "true")
	if got, want := b.engine.command.Dir, "/inside/sub/dir"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	b.run("run", "true")
	if got, want := b.engine.command.Dir, b.cwd; got != want {
		t.Errorf("run: got %q, want %q", got, want)
	}
	b.run("-C", b.project, "exec", "true")
	if got := b.engine.command.Dir; got != "" {
		t.Errorf("with --project the working directory counts for nothing, got %q", got)
	}
}

func TestEventsStandBesideACommandOnlyWhenAskedFor(t *testing.T) {
	b := newBench(t)
	b.engine.events = []spec.Event{{Kind: "repaired", Count: 2}}
	if r := b.run("exec", "true"); r.err != "" {
		t.Errorf("without a terminal: %q", r.err)
	}
	if r := b.run("-v", "exec", "true"); !strings.Contains(r.err, "2 files of the project are yours again") {
		t.Errorf("with -v: %q", r.err)
	}
}

func TestRunPlansWithTheFlagsAsTheUsersWord(t *testing.T) {
	b := newBench(t)
	r := b.run("run", "--image", "rootfs:/x", "--network", "none", "--as", "root", "--trust", "--rm=true",
		"--mount", "type=bind,source=sub,target=/s,readonly", "--", "true")
	if r.code != 0 {
		t.Fatalf("got %+v", r)
	}
	wantFlags := map[string]string{"image": "rootfs:/x", "network.mode": "none", "user": "root"}
	if got := b.loads[0].Flags; !reflect.DeepEqual(got, wantFlags) {
		t.Errorf("flags: got %v, want %v", got, wantFlags)
	}
	if got, want := b.loads[0].UserFile, "/home/me/.config/sandbox/config.yaml"; got != want {
		t.Errorf("user's settings: got %q, want %q", got, want)
	}
	if !b.request.Trust || !b.request.Ephemeral {
		t.Errorf("request: %+v", b.request)
	}
	want := []spec.Mount{{Type: "bind", Source: filepath.Join(b.project, "sub"), Target: "/s", ReadOnly: true}}
	if !reflect.DeepEqual(b.request.Mounts, want) {
		t.Errorf("mounts: got %+v, want %+v", b.request.Mounts, want)
	}
}

func TestUpTellsTheStory(t *testing.T) {
	b := newBench(t)
	b.engine.events = []spec.Event{{Kind: "sandbox", Name: "hello-4f2a", State: "ok", Elapsed: 18 * time.Millisecond}}
	r := b.run("up", "--recreate")
	want := " ok  sandbox   hello-4f2a                     ready in 18 ms\n" +
		"     project   " + b.project + "  (rw, same path inside)\n" +
		"     network   none\n"
	if r.code != 0 || r.out != "" || r.err != want {
		t.Errorf("got %+v, want\n%s", r, want)
	}
	if !b.engine.up.Recreate {
		t.Error("--recreate did not arrive")
	}
	if r := b.run("-q", "up", "--json"); r.err != "" || !strings.Contains(r.out, `"name": "hello-4f2a"`) {
		t.Errorf("quiet JSON: %+v", r)
	}
}

func TestUpIsRefusedWithoutTrustAndSaysWhatForWhom(t *testing.T) {
	b := newBench(t)
	file := filepath.Join(b.project, ".sandbox.yaml")
	b.backend.plan = func(*config.Loaded, sandbox.Host, sandbox.Request) (spec.Spec, []spec.Degradation, error) {
		return spec.Spec{}, nil, &sandbox.UntrustedError{Trust: sandbox.Trust{Asks: []config.HostRequest{
			{What: "bind mount of /home/me/.ssh", Origin: config.Origin{File: file, Line: 7}},
			{What: "variable \x1b[2JTOKEN", Origin: config.Origin{File: file, Line: 9}},
		}}}
	}
	r := b.run("--name", "up", "up", "--image", "a b")
	want := `error[SBX0204]: the configuration of this project asks for 2 things of the host
  .sandbox.yaml:7: bind mount of /home/me/.ssh
  .sandbox.yaml:9: variable \x1b[2JTOKEN
hint: sandbox trust   # once you have read the list: agrees to exactly this
hint: sandbox --name up up --trust --image 'a b'   # for this time alone, in a script that means it
`
	if r.code != 125 || r.err != want || len(b.engine.calls) > 0 {
		t.Errorf("code %d, calls %v, got:\n%s\nwant:\n%s", r.code, b.engine.calls, r.err, want)
	}
}

func TestProblemsShowTheLine(t *testing.T) {
	b := newBench(t)
	b.backend.load = func(config.LoadOptions) (*config.Loaded, error) {
		return nil, config.Problems{{File: filepath.Join(b.project, ".sandbox.yaml"), Line: 12, Column: 2,
			Message: `unknown key "imagee"`, Nearest: "image", Source: "\timagee: host"}}
	}
	r := b.run("run", "true")
	want := `error[SBX0201]: .sandbox.yaml:12:2: unknown key "imagee"
    12 |  imagee: host
       |  ^
hint: image:   # the nearest key that exists here
`
	if r.code != 125 || r.err != want {
		t.Errorf("code %d, got:\n%s\nwant:\n%s", r.code, r.err, want)
	}
	if r := b.run("config", "validate"); r.code != 1 || r.err != want {
		t.Errorf("validate: %+v", r)
	}
	if r := b.run("config", "validate", "--json"); r.code != 1 || !strings.Contains(r.out, `"line": 12`) || r.err != "" {
		t.Errorf("validate --json: %+v", r)
	}
}

func TestShellBringsUpOnlyWhatDoesNotRun(t *testing.T) {
	b := newBench(t)
	if r := b.run("shell"); r.code != 0 || len(b.loads) != 0 {
		t.Errorf("running: %+v, %d loads", r, len(b.loads))
	}
	if !b.engine.command.Login {
		t.Error("no login shell")
	}
	for _, err := range []error{sandbox.ErrNotFound, sandbox.ErrNotRunning} {
		b := newBench(t)
		b.engine.err["exec id"] = []error{fmt.Errorf("x: %w", err)}
		r := b.run("shell")
		if want := []string{"exec id", "up", "exec id"}; r.code != 0 || !reflect.DeepEqual(b.engine.calls, want) {
			t.Errorf("%v: %+v, calls %v, want %v", err, r, b.engine.calls, want)
		}
	}
}

func TestShellOpensWhateverItsHookDoes(t *testing.T) {
	b := newBench(t)
	b.engine.err["attach"] = []error{&sandbox.HookError{Name: "attach", Code: 3}}
	if r := b.run("shell"); r.code != 0 || !reflect.DeepEqual(b.engine.calls, []string{"exec id"}) {
		t.Errorf("%+v, calls %v", r, b.engine.calls)
	}
	b.engine.err["attach"] = []error{errors.New("no log")}
	if r := b.run("shell"); r.code != 125 {
		t.Errorf("another error: %+v", r)
	}
}

func TestStatusTellsThatHooksAreNotDone(t *testing.T) {
	b := newBench(t)
	b.engine.infos = []spec.Info{{ID: "id", Project: b.project, Status: spec.Running, HooksPending: true}}
	if r := b.run("status"); !strings.Contains(r.out, "its hooks are not done") {
		t.Errorf("got %+v", r)
	}
}

func TestDownAndRmReachTheRightSandboxes(t *testing.T) {
	all := []spec.Info{{ID: "a1", Name: "one-a1"}, {ID: "b2", Name: "two-b2"}}
	for name, c := range map[string]struct {
		args  []string
		calls []string
		code  int
	}{
		"project":  {[]string{"down"}, []string{"inspect id", "down id"}, 0},
		"instance": {[]string{"--name", "x", "rm"}, []string{"inspect idx", "remove idx"}, 0},
		"all":      {[]string{"down", "--all"}, []string{"list", "down a1", "down b2"}, 0},
		"named":    {[]string{"rm", "two-b2", "a1"}, []string{"list", "remove b2", "remove a1"}, 0},
		"unknown":  {[]string{"rm", "three"}, []string{"list"}, 125},
		"both":     {[]string{"rm", "--all", "three"}, nil, 2},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.engine.infos = all
			if r := b.run(c.args...); r.code != c.code || !reflect.DeepEqual(b.engine.calls, c.calls) {
				t.Errorf("got %+v, calls %v; want code %d, calls %v", r, b.engine.calls, c.code, c.calls)
			}
		})
	}
}

func TestDownOfNothingIsDone(t *testing.T) {
	b := newBench(t)
	b.engine.err["down id"] = []error{sandbox.ErrNotFound}
	if r := b.run("down", "--timeout", "1s"); r.code != 0 || !strings.Contains(r.err, "there was none") {
		t.Errorf("got %+v", r)
	}
	if b.engine.timeout != time.Second {
		t.Errorf("timeout %v", b.engine.timeout)
	}
}

func TestRmGoesOnAfterAFailure(t *testing.T) {
	b := newBench(t)
	b.engine.infos = []spec.Info{{ID: "a1"}, {ID: "b2"}}
	b.engine.err["remove a1"] = []error{errors.New("busy")}
	r := b.run("rm", "--all", "--volumes")
	if want := []string{"list", "remove a1", "remove b2"}; r.code != 125 || !reflect.DeepEqual(b.engine.calls, want) {
		t.Errorf("got %+v, calls %v", r, b.engine.calls)
	}
	if !b.engine.volumes {
		t.Error("--volumes did not arrive")
	}
}

func TestListsAreTablesOrJSON(t *testing.T) {
	b := newBench(t)
	if r := b.run("ps", "--json"); r.out != "[]\n" {
		t.Errorf("empty: %q", r.out)
	}
	b.engine.infos = []spec.Info{
		{ID: "id", Name: "hello-4f2a", Status: spec.Running, Image: "rootfs:\x1b]52;c;x\x07", User: "me",
			Project: b.project, Started: time.Now().Add(-125*time.Second - 500*time.Millisecond)},
		{ID: "b2", Name: "other-b2", Status: spec.Dead, Image: "host", User: "me", Project: "/elsewhere"},
	}
	r := b.run("ps")
	lines := strings.Split(r.out, "\n")
	if strings.Join(strings.Fields(lines[0]), " ") != "NAME STATUS IMAGE USER PROJECT UPTIME" ||
		!strings.HasSuffix(lines[1], "2 min 5 s") || !strings.HasSuffix(lines[2], " -") || strings.Contains(r.out, "\x1b") {
		t.Errorf("got:\n%q", r.out)
	}
	if r := b.run("status"); !strings.Contains(r.out, "hello-4f2a") || strings.Contains(r.out, "other-b2") {
		t.Errorf("status: %s", r.out)
	}
	if r := b.run("status", "--json"); !strings.Contains(r.out, `"sandboxes": [`) {
		t.Errorf("status --json: %s", r.out)
	}
	if r := b.run("inspect"); !strings.Contains(r.out, `"id": "id"`) {
		t.Errorf("inspect: %s", r.out)
	}
}

func TestLogsInAPipeAreAsTheyWere(t *testing.T) {
	b := newBench(t)
	b.engine.log = "a\x1b[2Jb\n"
	if r := b.run("logs"); r.out != b.engine.log {
		t.Errorf("got %q", r.out)
	}
}

func TestErrorsAsJSONLines(t *testing.T) {
	b := newBench(t)
	b.engine.err["exec id"] = []error{sandbox.ErrNotRunning}
	r := b.run("--log-format", "json", "exec", "true")
	want := `{"type":"error","code":"SBX0402","message":"sandbox of PROJECT: not running",` +
		`"hints":[{"paste":"sandbox up","why":"starts it"}],"exit":125}` + "\n"
	want = strings.ReplaceAll(want, "PROJECT", b.project)
	if r.code != 125 || r.err != want {
		t.Errorf("got %d %s", r.code, r.err)
	}
}

func TestFilesOfVariablesAreReadAfterTheTrust(t *testing.T) {
	b := newBench(t)
	b.backend.load = func(config.LoadOptions) (*config.Loaded, error) {
		return &config.Loaded{Config: config.Config{EnvFile: []string{"A=1"}}}, nil
	}
	if r := b.run("up"); r.code != 0 || !reflect.DeepEqual(b.request.FileEnv, []string{"A=1"}) {
		t.Errorf("got %+v, request %+v", r, b.request)
	}
	b.backend.plan = func(*config.Loaded, sandbox.Host, sandbox.Request) (spec.Spec, []spec.Degradation, error) {
		return spec.Spec{}, nil, &sandbox.UntrustedError{Trust: sandbox.Trust{Asks: []config.HostRequest{{What: "variables from the file /etc/shadow"}}}}
	}
	b.backend.readEnv = func([]string, sandbox.Host, string) ([]string, error) {
		t.Error("read before it was trusted")
		return nil, nil
	}
	if r := b.run("up"); r.code != 125 {
		t.Errorf("got %+v", r)
	}
}

func TestAWrongValueOfAFlagIsWrongUsage(t *testing.T) {
	for _, c := range []struct {
		args []string
		code int
	}{{[]string{"up", "--network", "bogus"}, 2}, {[]string{"up"}, 125}} {
		b := newBench(t)
		b.backend.load = func(config.LoadOptions) (*config.Loaded, error) {
			return nil, config.Problems{{Key: "network.mode", Message: "bogus: not one of none, host"}}
		}
		if r := b.run(c.args...); r.code != c.code {
			t.Errorf("%v: %+v", c.args, r)
		}
	}
}
