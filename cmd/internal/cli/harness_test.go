package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/rootless-sandbox/sandbox/cmd/internal/ui"
	"github.com/rootless-sandbox/sandbox/config"
	"github.com/rootless-sandbox/sandbox/sandbox"
	"github.com/rootless-sandbox/sandbox/sandbox/early"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
	"github.com/rootless-sandbox/sandbox/sandbox/store"
	"github.com/rootless-sandbox/sandbox/userns"
)

// fakeEngine answers as told and keeps what it was asked.
type fakeEngine struct {
	network  spec.NetworkState
	egress   []spec.Egress
	services []spec.ServiceState
	failures []spec.Event // of services
	usage    []spec.Usage
	calls    []string
	spec     spec.Spec
	up       sandbox.UpOptions
	command  spec.Command
	timeout  time.Duration
	volumes  bool

	infos  []spec.Info
	events []spec.Event
	exit   spec.Exit
	log    string
	err    map[string][]error // by call; the first is used up first
}

func (f *fakeEngine) called(name string) error {
	f.calls = append(f.calls, name)
	errs := f.err[name]
	if len(errs) == 0 {
		return nil
	}
	f.err[name] = errs[1:]
	return errs[0]
}

func (f *fakeEngine) tell(emit func(spec.Event)) {
	for _, e := range f.events {
		emit(e)
	}
}

func (f *fakeEngine) Up(_ context.Context, s spec.Spec, o sandbox.UpOptions, emit func(spec.Event)) (spec.Info, bool, error) {
	f.spec, f.up = s, o
	f.tell(emit)
	return spec.Info{Name: "hello-4f2a"}, true, f.called("up")
}

func (f *fakeEngine) Run(_ context.Context, s spec.Spec, c spec.Command, _ sandbox.Streams, emit func(spec.Event)) (spec.Exit, error) {
	f.spec, f.command = s, c
	f.tell(emit)
	return f.exit, f.called("run")
}

func (f *fakeEngine) Attach(context.Context, string, func(spec.Event)) error {
	errs := f.err["attach"]
	if len(errs) == 0 {
		return nil
	}
	f.err["attach"] = errs[1:]
	return errs[0]
}

func (f *fakeEngine) Exec(_ context.Context, id string, c spec.Command, _ sandbox.Streams, emit func(spec.Event)) (spec.Exit, error) {
	f.command = c
	f.tell(emit)
	return f.exit, f.called("exec " + id)
}

func (f *fakeEngine) Down(_ context.Context, id string, timeout time.Duration) (bool, error) {
	f.timeout = timeout
	return true, f.called("down " + id)
}

func (f *fakeEngine) Remove(_ context.Context, id string, volumes bool) error {
	f.volumes = volumes
	return f.called("remove " + id)
}

func (f *fakeEngine) List(context.Context) ([]spec.Info, error) { return f.infos, f.called("list") }

func (f *fakeEngine) Inspect(_ context.Context, id string) (spec.Info, error) {
	return spec.Info{ID: id, Spec: &spec.Spec{Workspace: spec.Workspace{Target: "/inside"}}}, f.called("inspect " + id)
}

func (f *fakeEngine) Logs(_ context.Context, _ string, w io.Writer, _ bool) error {
	_, err := io.WriteString(w, f.log)
	return errors.Join(err, f.called("logs"))
}

// bench is a command line with everything around it under the test's control.
type bench struct {
	t       *testing.T
	project string // a directory with sub/dir below it
	cwd     string
	engine  *fakeEngine
	env     map[string]string
	files   map[string]string // what the machine's own files say
	backend backend
	loads   []config.LoadOptions
	request sandbox.Request
	trust   *fakeTrust
}

// fakeTrust knows one answer.
type fakeTrust struct {
	answer  sandbox.Trust
	all     []store.Trust
	given   []sandbox.Trust
	revoked []string
}

func (f *fakeTrust) Trust(l *config.Loaded) (sandbox.Trust, error) {
	t := f.answer
	t.Asks = l.HostRequests()
	return t, nil
}

func (f *fakeTrust) Accept(t sandbox.Trust) error {
	f.given = append(f.given, t)
	return nil
}

func (f *fakeTrust) Revoke(project string) (bool, error) {
	f.revoked = append(f.revoked, project)
	return len(f.revoked) == 1, nil
}

func (f *fakeTrust) Trusts() ([]store.Trust, error) { return f.all, nil }

func newBench(t *testing.T) *bench {
	t.Helper()
	project, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(project, "sub", "dir"), 0o700); err != nil {
		t.Fatal(err)
	}
	b := &bench{t: t, project: project, cwd: project, trust: &fakeTrust{}, engine: &fakeEngine{err: map[string][]error{}},
		env: map[string]string{"HOME": "/home/me", "USER": "me"}, files: map[string]string{}}
	b.backend = b.fakeBackend()
	return b
}

func (b *bench) fakeBackend() backend {
	return backend{
		open:     func() (engine, error) { return b.engine, nil },
		readHost: func() (sandbox.Host, error) { return sandbox.Host{}, nil },
		plan: func(_ *config.Loaded, _ sandbox.Host, r sandbox.Request) (spec.Spec, []spec.Degradation, error) {
			b.request = r
			return spec.Spec{Project: b.project, Network: "none",
				Workspace: spec.Workspace{Target: b.project, Mode: "rw"}}, nil, nil
		},
		trust:   func() (trustEngine, error) { return b.trust, nil },
		early:   func() *early.Process { return nil },
		readEnv: func(files []string, _ sandbox.Host, _ string) ([]string, error) { return files, nil },
		id:      func(_, instance string) string { return "id" + instance },
		find:    func(string, string) (config.Project, error) { return config.Project{Dir: b.project}, nil },
		load: func(o config.LoadOptions) (*config.Loaded, error) {
			b.loads = append(b.loads, o)
			return &config.Loaded{}, nil
		},
		probe: func(context.Context) []userns.Fact { return nil },
	}
}

func (b *bench) world() world {
	return world{
		getenv: func(k string) string { return b.env[k] },
		environ: func() []string {
			var all []string
			for k, v := range b.env {
				all = append(all, k+"="+v)
			}
			return all
		},
		getwd:      func() (string, error) { return b.cwd, nil },
		executable: func() (string, error) { return os.Executable() },
		readFile: func(name string) ([]byte, error) {
			if text, ok := b.files[name]; ok {
				return []byte(text), nil
			}
			return nil, fs.ErrNotExist
		},
		lookPath: func(name string) (string, error) {
			if _, ok := b.files["PATH/"+name]; ok {
				return "/usr/bin/" + name, nil
			}
			return "", fs.ErrNotExist
		},
	}
}

type result struct {
	code     int
	out, err string
}

// run runs one command line without a terminal.
func (b *bench) run(args ...string) result {
	b.t.Helper()
	dir := b.t.TempDir()
	var files [3]*os.File
	for i, name := range []string{"in", "out", "err"} {
		f, err := os.Create(filepath.Join(dir, name))
		if err != nil {
			b.t.Fatal(err)
		}
		defer func() { _ = f.Close() }()
		files[i] = f
	}
	a := newApp(ui.Streams{In: files[0], Out: files[1], Err: files[2]}, b.world(), b.backend)
	code := a.main(args)
	return result{code, b.read(dir, "out"), b.read(dir, "err")}
}

func (b *bench) read(dir, name string) string {
	text, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		b.t.Fatal(err)
	}
	return string(text)
}

func (f *fakeEngine) EgressLog(context.Context, string) ([]spec.Egress, error) {
	return f.egress, f.called("egress")
}

func (f *fakeEngine) ServiceLogs(_ context.Context, _ string, q sandbox.LogQuery, _ func(sandbox.LogLine) error) error {
	return f.called(fmt.Sprint("service logs ", q.Names, q.Follow))
}

func (f *fakeEngine) Services(context.Context, string) ([]spec.ServiceState, error) {
	return f.services, f.called("services")
}

func (f *fakeEngine) Stats(context.Context, string) ([]spec.Usage, error) {
	return f.usage, f.called("stats")
}

func (f *fakeEngine) FollowServices(ctx context.Context, _ string, emit func(spec.Event)) error {
	for _, e := range f.failures {
		emit(e)
	}
	<-ctx.Done()
	return nil
}

func (f *fakeEngine) StartServices(_ context.Context, _ string, names []string, _ func(spec.Event)) error {
	return f.called(fmt.Sprint("start ", names))
}

func (f *fakeEngine) RestartServices(_ context.Context, _ string, names []string, _ func(spec.Event)) error {
	return f.called(fmt.Sprint("restart ", names))
}

func (f *fakeEngine) StopServices(_ context.Context, _ string, names []string, _ func(spec.Event)) error {
	return f.called(fmt.Sprint("stop ", names))
}

func (f *fakeEngine) FollowEgress(_ context.Context, _ string, each func(spec.Egress) error) error {
	for _, d := range f.egress {
		if err := each(d); err != nil {
			return err
		}
	}
	return f.called("follow egress")
}

func (f *fakeEngine) Ports(context.Context, string) (spec.NetworkState, error) {
	return f.network, f.called("ports")
}

func (f *fakeEngine) Forward(_ context.Context, _ string, p spec.PortForward) (spec.Forward, error) {
	return spec.Forward{Inside: p.Inside, URL: "http://127.0.0.1:1"}, f.called("forward")
}

func (f *fakeEngine) Unforward(context.Context, string, int) error { return f.called("unforward") }
