package dockerfile

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// planned parses and plans a text that has to be right.
func planned(t *testing.T, text string, o Options) *Plan {
	t.Helper()
	f, err := Parse("Dockerfile", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if o.Arch == "" {
		o.Arch = "amd64"
	}
	p, err := f.Plan(o)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func resolved(t *testing.T, text string, o Options, base Config) Result {
	t.Helper()
	r, err := planned(t, text, o).Target.Resolve(base)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func names(stages []*Stage) string {
	var out []string
	for _, s := range stages {
		out = append(out, s.Name)
	}
	return strings.Join(out, " ")
}

func TestOnlyWhatIsNeededIsPlanned(t *testing.T) {
	const text = `FROM x AS base
FROM base AS one
RUN true
FROM x AS two
FROM scratch AS three
COPY --from=one / /
RUN --mount=type=bind,from=two,target=/t true
FROM x AS unneeded
RUN false
FROM x
COPY --from=2 / /
`
	for _, c := range []struct{ target, want string }{
		{"", "two stage-5"}, {"three", "base one two three"}, {"THREE", "base one two three"}, {"1", "base one"}, {"base", "base"},
	} {
		if got := names(planned(t, text, Options{Target: c.target}).Stages); got != c.want {
			t.Errorf("target %q: %s, not %s", c.target, got, c.want)
		}
	}
}

func TestBases(t *testing.T) {
	const text = `ARG TAG=1
ARG IMAGE=img:${TAG}
FROM ${IMAGE} AS first
FROM --platform=$BUILDPLATFORM first AS second
FROM scratch AS third
FROM named AS fourth
`
	for _, c := range []struct{ target, kind, ref string }{
		{"first", SourceImage, "img:2"}, {"second", SourceStage, ""}, {"third", SourceScratch, ""}, {"fourth", SourceNamed, "named"},
	} {
		p := planned(t, text, Options{Target: c.target, Args: map[string]string{"TAG": "2"}, Contexts: []string{"named"}})
		if b := p.Target.Base; b.Kind != c.kind || b.Ref != c.ref {
			t.Errorf("%s begins with %+v", c.target, b)
		}
	}
}

func TestArgsAndEnvironment(t *testing.T) {
	const text = `ARG GLOBAL=global
ARG UNASKED=no
FROM x
ARG GLOBAL
ARG GIVEN=default
ARG LATER=$GIVEN
ENV A=$GLOBAL B=${UNASKED:-unset} C=${GIVEN:+plus} SAME=$A
ENV D='$A' E="$A b" F=\$A G=${A#glo} H=${A/o/0}
ENV GIVEN=env
ARG GIVEN=again
RUN true
`
	r := resolved(t, text, Options{Args: map[string]string{"GIVEN": "given", "HTTPS_PROXY": "p", "NOBODY": "x"}}, Config{})
	want := []string{"PATH=" + defaultPath, "A=global", "B=unset", "C=plus", "SAME=", "D=$A", "E=global b", "F=$A", "G=bal", "H=gl0bal", "GIVEN=env", "GLOBAL=global", "LATER=given"}
	if run := r.Steps[0].Run; !slices.Equal(run.Env, want) || !slices.Equal(run.Proxy, []string{"HTTPS_PROXY=p"}) {
		t.Errorf("%q with %q\nis not\n%q", run.Env, run.Proxy, want)
	}
	if p := planned(t, text, Options{Args: map[string]string{"GIVEN": "", "HTTPS_PROXY": "p", "NOBODY": "x"}}); !slices.Equal(p.Unused, []string{"NOBODY"}) {
		t.Errorf("unused: %q", p.Unused)
	}
}

func TestWhatRunExecutes(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"shell", "RUN a && b", `/bin/sh -c|a && b`},
		{"list", `RUN ["a", "b c"]`, `a|b c`},
		{"another shell", "SHELL [\"/bin/bash\", \"-ec\"]\nRUN a", `/bin/bash -ec|a`},
		{"over lines", "RUN a \\\n # no\n  b", `/bin/sh -c|a   b`},
		{"here", "RUN <<end\na\nb\nend", "/bin/sh -c|a\nb\n"},
		{"here with a program", "RUN <<end python3\na\nend", "/bin/sh -c|<<end python3\na\nend"},
		{"here with tabs", "RUN <<-end\n\ta\n\tend", "/bin/sh -c|a\n"},
		{"script", "RUN <<end\n#!/bin/x\na\nend", ScriptDir + "/end"},
		{"no escape", "# escape=`\nFROM x\nRUN a `\n b\\n", `/bin/sh -c|a  b\n`},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := c.text
			if !strings.Contains(text, "FROM") {
				text = "FROM x\n" + text
			}
			run := resolved(t, text+"\n", Options{}, Config{}).Steps[0].Run
			got := strings.Replace(strings.Join(run.Args, "|"), "|-", " -", 1)
			if got != c.want {
				t.Errorf("%q is not %q", got, c.want)
			}
		})
	}
}

func TestConfiguration(t *testing.T) {
	var base Config
	base.Config.Env = []string{"PATH=/bin", "X=old"}
	base.Config.Cmd = []string{"of-base"}
	base.Config.Labels = map[string]string{"a": "base"}
	base.Config.OnBuild = []string{"ENV TRIGGERED=yes", "COPY . /app"}
	r := resolved(t, `FROM x
LABEL a=1 "b c"='d e'
EXPOSE 80 90-91/udp
VOLUME /v
USER web
WORKDIR /w
WORKDIR rel
STOPSIGNAL INT
ENTRYPOINT x y
ONBUILD RUN later
HEALTHCHECK --timeout=3s CMD test
`, Options{}, base)
	c := r.Config.Config
	got := fmt.Sprintf("%v %v %v %v %q %q %q %q %q %q %v", c.Env, c.Labels, c.ExposedPorts, c.Volumes, c.User, c.WorkingDir, c.StopSignal, c.Entrypoint, c.Cmd, c.OnBuild, *c.Healthcheck)
	want := `[PATH=/bin X=old TRIGGERED=yes] map[a:1 b c:d e] map[80/tcp:{} 90/udp:{} 91/udp:{}] map[/v:{}] "web" "/w/rel" "INT" ["/bin/sh" "-c" "x y"] [] ["RUN later"] {[CMD-SHELL test] 0s 3s 0s 0s 0}`
	if got != want {
		t.Errorf("%s\nis not\n%s", got, want)
	}
	if base.Config.Labels["a"] != "base" || base.Config.Env[1] != "X=old" {
		t.Error("the base's own configuration was changed")
	}
	var kinds []string
	for _, s := range r.Steps {
		kinds = append(kinds, fmt.Sprintf("%d/%d %s", s.Number, s.Of, s.Text))
	}
	if want := []string{"2/4 COPY . /app", "3/4 WORKDIR /w", "4/4 WORKDIR rel"}; !slices.Equal(kinds, want) {
		t.Errorf("steps %q", kinds)
	}
	empty := 0
	for _, h := range r.History {
		if h.EmptyLayer {
			empty++
		}
	}
	if len(r.History)-empty != len(r.Steps) {
		t.Errorf("%d entries of the history, %d of them empty, for %d steps", len(r.History), empty, len(r.Steps))
	}
}

func TestMistakes(t *testing.T) {
	for _, c := range []struct {
		text string
		line int
		want string
	}{
		{"", 0, "empty"},
		{"# only a comment\n", 0, "file with no instructions"},
		{"RUN x\n", 1, "no build stage"},
		{"FROM x\nRUNN y\n", 2, "unknown instruction: RUNN"},
		{"FROM x\n\nCOPY a\n", 3, "COPY requires at least two arguments"},
		{"FROM x\nCOPY --frm=a b c\n", 2, "unknown flag"},
		{"FROM x\nRUN <<end\nno end\n", 2, "unterminated heredoc"},
		{"FROM a AS a\nCOPY --from=b x y\nFROM z AS b\nCOPY --from=a x y\n", 0, "a circle of stages"},
		{"FROM x AS a\nCOPY --from=a x y\n", 2, "a circle of stages"},
		{"FROM ${NOTHING}\n", 1, "names nothing"},
		{"FROM x\nCOPY --from=7 a b\n", 2, "there is no stage 7"},
		{"FROM --platform=linux/s390x x\n", 1, "builds for linux/amd64 alone"},
		{"FROM x\nRUN --security=insecure x\n", 2, "never get more rights"},
		{"FROM x\nRUN --mount=type=nonsense x\n", 2, "unsupported mount type"},
		{"FROM x\nRUN --mount=type=bind x\n", 2, "nothing can be mounted on /"},
		{"FROM x\nRUN --mount=type=tmpfs,target=/ x\n", 2, "nothing can be mounted on /"},
		{"FROM x\nRUN --network=wild x\n", 2, "network"},
		{"FROM x\nCOPY a b /file\n", 2, "has to end in /"},
		{"FROM x\nCOPY --chmod=bad a /b\n", 2, "--chmod=bad"},
		{"FROM x\nCOPY $NOTHING /b\n", 2, "of nothing"},
		{"FROM x\nADD --checksum=sha256:12 http://h/f /f\n", 2, "64 hexadecimal digits"},
		{"FROM x\nADD --checksum=sha256:" + strings.Repeat("a", 64) + " f /f\n", 2, "only with one URL"},
		{"FROM x\nEXPOSE 80-70\n", 2, "not a port"},
		{"FROM x\nWORKDIR $NOTHING\n", 2, "WORKDIR of nothing"},
		{"FROM x\nVOLUME [\"\"]\n", 2, "VOLUME"},
		{"FROM x\nENV A=${B?no}\n", 2, "no"},
		{"FROM x\nONBUILD FROM y\n", 2, "FROM isn't allowed"},
		{"FROM x\nENV A=0123456789abcdef\n" + strings.Repeat("ENV A=$A$A\n", 40), 0, "values of variables are too large"},
		{"FROM x\nENV A=0123456789abcdef\n" + strings.Repeat("ENV A=${A//?/$A}\n", 9), 0, "values of variables are too large"},
		{"FROM x\nEXPOSE 1-30000 30001-60000\nEXPOSE 1-2/udp\n", 3, "more ports"},
		{"FROM x\nHEALTHCHECK --interval=x CMD y\n", 2, "invalid duration"},
	} {
		err := mistake(c.text)
		var located *Error
		if !errors.As(err, &located) || !strings.Contains(err.Error(), c.want) || c.line > 0 && located.Line != c.line {
			t.Errorf("%q: %v", c.text, err)
		}
	}
}

func mistake(text string) error {
	f, err := Parse("Dockerfile", []byte(text))
	if err != nil {
		return err
	}
	p, err := f.Plan(Options{Arch: "amd64"})
	if err != nil {
		return err
	}
	for _, s := range p.Stages {
		if _, err := s.Resolve(Config{}); err != nil {
			return err
		}
	}
	return nil
}

// TestKeys: what a step makes is named by all that decides it, and by nothing else.
func TestKeys(t *testing.T) {
	key := func(text string, args map[string]string) string {
		steps := resolved(t, text, Options{Args: args}, Config{}).Steps
		parent := "base"
		for _, s := range steps {
			parent = s.Key(parent, nil)
		}
		return parent
	}
	first := key("FROM x\nARG A=1\nRUN a\n", nil)
	for _, same := range []struct {
		name, text string
		args       map[string]string
	}{
		{"spaces and comments", "# c\n\nFROM x\nARG A=1\n# d\nRUN   a\n", nil},
		{"metadata", "FROM x\nLABEL l=1\nARG A=1\nRUN a\nCMD c\n", nil},
		{"a proxy", "FROM x\nARG A=1\nRUN a\n", map[string]string{"http_proxy": "p"}},
		{"the same value given", "FROM x\nARG A\nRUN a\n", map[string]string{"A": "1"}},
	} {
		if key(same.text, same.args) != first {
			t.Errorf("%s counts", same.name)
		}
	}
	for _, other := range []string{
		"FROM x\nARG A=2\nRUN a\n", "FROM x\nARG A=1\nRUN b\n", "FROM x\nARG A=1\nUSER u\nRUN a\n", "FROM x\nARG A=1\nENV E=1\nRUN a\n",
		"FROM x\nARG A=1\nRUN --network=none a\n", "FROM x\nARG A=1\nWORKDIR /w\nRUN a\n", "FROM x\nARG A=1\nRUN [\"a\"]\n",
	} {
		if key(other, nil) == first {
			t.Errorf("%q is taken for the same", other)
		}
	}
	secret := "FROM x\nRUN --mount=type=secret,id=s a\n"
	if key(secret, nil) == key(strings.Replace(secret, "id=s", "id=t", 1), nil) {
		t.Error("which secret does not count")
	}
}

func TestModes(t *testing.T) {
	for _, c := range []struct {
		mode string
		old  uint32
		dir  bool
		want uint32
	}{
		{"755", 0o600, false, 0o755}, {"4711", 0, false, 0o4711}, {"u+x", 0o644, false, 0o744}, {"a=r,u+w", 0o777, false, 0o644},
		{"go-rwx", 0o755, true, 0o700}, {"u=rwX,go=rX", 0o600, false, 0o644}, {"u=rwX,go=rX", 0o600, true, 0o755},
		{"+x", 0o600, false, 0o711}, {"g+s", 0o755, true, 0o2755}, {"o+t", 0o777, true, 0o1777}, {"=", 0o777, false, 0},
	} {
		m, err := ParseMode(c.mode)
		if err != nil {
			t.Errorf("%s: %v", c.mode, err)
		} else if got := m.Apply(c.old, c.dir); got != c.want {
			t.Errorf("%s of %o: %o, not %o", c.mode, c.old, got, c.want)
		}
	}
	for _, bad := range []string{"8", "77777", "u", "x+y", "u+q", "u+x,"} {
		if _, err := ParseMode(bad); err == nil {
			t.Errorf("%q is a mode", bad)
		}
	}
}
