package cli

import (
	"context"
	"io"
	"time"

	"github.com/rootless-sandbox/sandbox/cmd/internal/ahead"
	"github.com/rootless-sandbox/sandbox/cmd/internal/ui"
	"github.com/rootless-sandbox/sandbox/config"
	"github.com/rootless-sandbox/sandbox/sandbox"
	"github.com/rootless-sandbox/sandbox/sandbox/early"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
	"github.com/rootless-sandbox/sandbox/userns"
)

// engine is what the verbs need of sandbox.Engine.
type engine interface {
	Up(context.Context, spec.Spec, sandbox.UpOptions, func(spec.Event)) (spec.Info, bool, error)
	Run(context.Context, spec.Spec, spec.Command, sandbox.Streams, func(spec.Event)) (spec.Exit, error)
	Exec(context.Context, string, spec.Command, sandbox.Streams, func(spec.Event)) (spec.Exit, error)
	Attach(context.Context, string, func(spec.Event)) error
	Down(context.Context, string, time.Duration) (bool, error)
	Remove(context.Context, string, bool) error
	List(context.Context) ([]spec.Info, error)
	Inspect(context.Context, string) (spec.Info, error)
	Logs(context.Context, string, io.Writer, bool) error
	ServiceLogs(context.Context, string, sandbox.LogQuery, func(sandbox.LogLine) error) error
	Services(context.Context, string) ([]spec.ServiceState, error)
	Stats(context.Context, string) ([]spec.Usage, error)
	FollowServices(context.Context, string, func(spec.Event)) error
	StartServices(context.Context, string, []string, func(spec.Event)) error
	RestartServices(context.Context, string, []string, func(spec.Event)) error
	StopServices(context.Context, string, []string, func(spec.Event)) error
	Ports(context.Context, string) (spec.NetworkState, error)
	EgressLog(context.Context, string) ([]spec.Egress, error)
	FollowEgress(context.Context, string, func(spec.Egress) error) error
	Forward(context.Context, string, spec.PortForward) (spec.Forward, error)
	Unforward(context.Context, string, int) error
}

// backend is everything behind the command line.
type backend struct {
	open     func() (engine, error)
	images   func() (imageEngine, error)
	data     func() (dataEngine, error)
	trust    func() (trustEngine, error)
	features func() (featureEngine, error)
	tests    func() (testEngine, error)
	early    func() *early.Process
	readHost func() (sandbox.Host, error)
	plan     func(*config.Loaded, sandbox.Host, sandbox.Request) (spec.Spec, []spec.Degradation, error)
	readEnv  func(files []string, h sandbox.Host, project string) ([]string, error)
	id       func(project, instance string) string
	find     func(start, home string) (config.Project, error)
	load     func(config.LoadOptions) (*config.Loaded, error)
	probe    func(context.Context) []userns.Fact
	facts    func(context.Context, *config.Loaded, sandbox.Host, sandbox.Ask, func(spec.Event)) (sandbox.ImageFacts, error)
}

func engineBackend() backend {
	return backend{
		open:     func() (engine, error) { return sandbox.Open(sandbox.Options{}) },
		images:   func() (imageEngine, error) { return sandbox.Open(sandbox.Options{}) },
		data:     func() (dataEngine, error) { return sandbox.Open(sandbox.Options{}) },
		trust:    func() (trustEngine, error) { return sandbox.Open(sandbox.Options{}) },
		features: func() (featureEngine, error) { return sandbox.Open(sandbox.Options{}) },
		tests:    func() (testEngine, error) { return sandbox.Open(sandbox.Options{}) },
		early:    ahead.Run,
		readHost: sandbox.ReadHost,
		plan:     sandbox.Plan,
		readEnv:  sandbox.ReadEnvFiles,
		id:       sandbox.ID,
		find:     config.Find,
		load:     config.Load,
		probe:    sandbox.Probe,
		facts: func(ctx context.Context, l *config.Loaded, h sandbox.Host, ask sandbox.Ask, emit func(spec.Event)) (sandbox.ImageFacts, error) {
			e, err := sandbox.Open(sandbox.Options{})
			if err != nil {
				return sandbox.ImageFacts{}, err
			}
			return e.ImageFacts(ctx, l, h, ask, emit)
		},
	}
}

// world is what a command sees of the process around it.
type world struct {
	getenv     func(string) string
	environ    func() []string
	getwd      func() (string, error)
	executable func() (string, error)
	readFile   func(string) ([]byte, error)
	lookPath   func(string) (string, error)
}

// app is one invocation of the program. It makes the commands and carries what
// they share.
type app struct {
	ui.Streams
	world   world
	backend backend
	args    []string // as the user wrote them
	flags   globalFlags
	story   *ui.Story
	verbAt  int    // which of args is the verb
	invoked string // the verb, once the flags are parsed
	found   config.Project
	set     map[string]string // the configuration's keys that flags set
	facts   *sandbox.ImageFacts
	ask     sandbox.Ask // who is asked what the image says
}

// globalFlags are understood before and after every verb.
type globalFlags struct {
	project   string
	config    string
	name      string
	quiet     bool
	version   bool
	verbose   bool
	logFormat string
	noColor   bool
}

func newApp(streams ui.Streams, w world, b backend) *app {
	a := &app{Streams: streams, world: w, backend: b}
	a.story = &ui.Story{W: streams.Err, Slow: 5 * time.Second}
	return a
}

// settle applies the global flags once they are parsed.
func (a *app) settle() error {
	switch a.flags.logFormat {
	case "text", "json":
	default:
		return usagef("--log-format %q: text or json", a.flags.logFormat)
	}
	if err := checkName(a.flags.name); err != nil {
		return err
	}
	a.story.JSON = a.flags.logFormat == "json"
	a.story.Quiet, a.story.Verbose = a.flags.quiet, a.flags.verbose
	a.story.Paint = ui.Paint(ui.ColorAllowed(a.Err, a.flags.noColor, a.world.getenv))
	a.story.Moving = ui.IsTerminal(a.Err) && a.world.getenv("TERM") != "dumb"
	a.story.Size = func() (columns, rows int) { return ui.SizeOf(a.Err) }
	return nil
}

// checkName accepts what can stand in a host name and in a file name.
func checkName(name string) error {
	const longest = 32
	if len(name) > longest {
		return usagef("--name: longer than %d characters", longest)
	}
	for i, c := range name {
		letter := c >= 'a' && c <= 'z' || c >= '0' && c <= '9'
		if !letter && (i == 0 || c != '-' && c != '_' && c != '.') {
			return usagef("--name %q: only a-z, 0-9, and after the first of them - _ .", name)
		}
	}
	return nil
}
