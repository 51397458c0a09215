package cli

import (
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"github.com/rootless-sandbox/sandbox/cmd/internal/ui"
)

func TestWrongUsage(t *testing.T) {
	for line, want := range map[string][]string{
		"upp":                          {`"upp" is not a verb`, "hint: sandbox up"},
		"statu":                        {"hint: sandbox status"},
		"xyzzy":                        {"hint: sandbox help"},
		"exce":                         {"hint: sandbox exec\n"},
		"lock":                         {"hint: sandbox help\n"},
		"up --recreat":                 {"unknown flag --recreat", "usage: sandbox up [flags]", "hint: sandbox up --recreate"},
		"up extra":                     {`sandbox up takes no argument "extra"`},
		"exec":                         {"no command to run", "usage: sandbox exec [flags] [--] CMD [ARG...]"},
		"run --":                       {"no command to run"},
		"exec --root -u x y":           {"--root and --user exclude each other", "usage: sandbox exec"},
		"exec -t -T y":                 {"--tty and --no-tty exclude each other"},
		"exec -t y":                    {"standard input is not a terminal"},
		"exec -e =x y":                 {"no name before the ="},
		"run --rm=false y":             {"always removed", "hint: sandbox up"},
		"run --mount type=bind y":      {"--mount", "absolute path inside"},
		"down --timeout -1s":           {"not a length of time"},
		"down --timeout soon":          {"invalid argument"},
		"--log-format xml ps":          {"text or json"},
		"--name ../x ps":               {"only a-z"},
		"--name -x ps":                 {"only a-z"},
		"--name " + long() + " ps":     {"longer than 32"},
		"explain SBX9999":              {"not an error code", "hint: sandbox explain"},
		"completion tcsh":              {"none of bash"},
		"config":                       {"show, validate or schema", "usage: sandbox config VERB"},
		"config shw":                   {"hint: sandbox config show"},
		"help nothing":                 {`"nothing" is not a verb`},
		"inspect a b":                  {`takes no argument "b"`},
		"--log-format json up --wrong": {`{"type":"error","code":"SBX0002"`},
		"":                             {"usage: sandbox [flags] VERB", "exec"},
	} {
		t.Run(line, func(t *testing.T) {
			b := newBench(t)
			r := b.run(strings.Fields(line)...)
			if r.code != 2 || r.out != "" {
				t.Errorf("code %d, standard output %q", r.code, r.out)
			}
			for _, w := range want {
				if !strings.Contains(r.err, w) {
					t.Errorf("no %q in:\n%s", w, r.err)
				}
			}
			if len(b.engine.calls) > 0 {
				t.Errorf("the engine was called: %v", b.engine.calls)
			}
		})
	}
}

func long() string { return strings.Repeat("x", 33) }

func TestHelpIsAnAnswer(t *testing.T) {
	for line, want := range map[string]string{
		"help":             "usage: sandbox [flags] VERB",
		"--help":           "usage: sandbox [flags] VERB",
		"exec -h":          "usage: sandbox exec [flags]",
		"help config show": "usage: sandbox config show",
		"help exit-codes":  "128+n",
		"help environment": "NO_COLOR",
		"explain 402":      "SBX0402: the sandbox is not running",
		"explain sbx0103":  "print-apparmor",
		"explain":          "SBX0506",
		"explain --json":   `"code": "SBX0001"`,
		"version":          "sandbox ",
		"version --json":   `"version": `,
		"completion bash":  "__complete",
		"completion fish":  "complete -c sandbox",
		"__complete sta":   "status",
	} {
		t.Run(line, func(t *testing.T) {
			if r := newBench(t).run(strings.Fields(line)...); r.code != 0 || !strings.Contains(r.out, want) {
				t.Errorf("code %d, no %q in:\n%s%s", r.code, want, r.out, r.err)
			}
		})
	}
}

func TestEveryVerbHasHelpWithExamples(t *testing.T) {
	a := newBench(t)
	for _, v := range verbs() {
		r := a.run(v.name, "--help")
		if r.code != 0 || !strings.Contains(r.out, "examples:\n  sandbox "+v.name) {
			t.Errorf("%s: code %d\n%s", v.name, r.code, r.out)
		}
		c := v.make(newApp(ui.Streams{}, world{}, backend{}))
		if c.Name() != v.name || c.Short == "" || c.Long == "" {
			t.Errorf("%s: name %q, short %q, long %q", v.name, c.Name(), c.Short, c.Long)
		}
	}
}

func TestNeededFindsTheVerbBehindFlags(t *testing.T) {
	for line, want := range map[string]string{
		"exec x":                   "exec",
		"-C up exec x":             "exec",
		"--project up exec":        "exec",
		"--project=up exec":        "exec",
		"-Cup exec":                "exec",
		"-q -v --name exec ps":     "ps",
		"--log-format json status": "status",
	} {
		if got := needed(strings.Fields(line), globalFlagSet()); len(got) != 1 || got[0].name != want {
			t.Errorf("%s: got %d verbs, first %s; want %s", line, len(got), got[0].name, want)
		}
	}
	for _, line := range []string{"", "help exec", "nothing", "-x exec", "-qv exec", "--wrong exec", "completion bash", "__complete ex"} {
		if got := needed(strings.Fields(line), globalFlagSet()); len(got) != len(verbs()) {
			t.Errorf("%q: got %d verbs, want all", line, len(got))
		}
	}
}

func globalFlagSet() *pflag.FlagSet {
	f := pflag.NewFlagSet("", pflag.ContinueOnError)
	(&app{}).addGlobalFlags(f)
	return f
}

func BenchmarkTreeOfOneVerb(b *testing.B) {
	for b.Loop() {
		a := newApp(ui.Streams{}, world{}, backend{})
		root := a.newRoot()
		for _, v := range needed([]string{"exec", "--", "true"}, root.PersistentFlags()) {
			root.AddCommand(v.make(a))
		}
	}
}
