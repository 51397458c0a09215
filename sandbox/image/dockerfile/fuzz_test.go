package dockerfile

import (
	"errors"
	"strings"
	"testing"
	"time"
)

// FuzzBuild: whatever a Dockerfile says, from its text to its steps it is read without a
// panic, in bounded space; a mistake is an *Error, and nothing that is shown can steer a terminal.
func FuzzBuild(f *testing.F) {
	for _, text := range []string{
		"FROM scratch\n", "ARG A=b\nFROM $A AS x\nCOPY --from=x . /\n", "FROM x\nRUN <<a <<-b cat\nc\na\n\td\nb\n",
		"FROM x\nRUN --mount=type=cache,target=/c,sharing=locked --mount=type=secret,id=s,env=E --mount=type=ssh --network=none a\n",
		"# escape=`\n# syntax=x/y:1\nFROM x\nCOPY --chmod=u+x --chown=a:b --exclude=*.c --parents a ./b/./c <<d /e/\nf\nd\n",
		"FROM x\nHEALTHCHECK --interval=1s CMD [\"a\"]\nEXPOSE 1-9/udp $P\nVOLUME [\"/a\"]\nONBUILD RUN x\nSHELL [\"a\"]\nSTOPSIGNAL 9\n",
		"FROM a AS b\nFROM b\nADD --checksum=sha256:00 https://h/x.git#main:dir /d\nENV A=${B:-${C:+d}} E=${F//g/h}\n",
	} {
		f.Add([]byte(text), "target", "FROM")
	}
	f.Fuzz(func(t *testing.T, text []byte, target, value string) {
		begin := time.Now()
		defer func() {
			if took := time.Since(begin); took > 5*time.Second {
				t.Errorf("it takes %s", took)
			}
		}()
		file, err := Parse("Dockerfile", text)
		if err != nil {
			isShown(t, err)
			return
		}
		for _, o := range []Options{{Arch: "amd64"}, {Arch: "amd64", Target: target, Args: map[string]string{"A": value}, Contexts: []string{"x"}}} {
			plan, err := file.Plan(o)
			if err != nil {
				isShown(t, err)
				continue
			}
			var base Config
			base.Config.OnBuild = []string{value}
			for _, s := range plan.Stages {
				r, err := s.Resolve(base)
				if err != nil {
					isShown(t, err)
					continue
				}
				for _, step := range r.Steps {
					if step.Key("", nil) == "" || strings.ContainsAny(step.Text, "\n\x1b") {
						t.Errorf("step %q", step.Text)
					}
				}
			}
		}
	})
}

func isShown(t *testing.T, err error) {
	t.Helper()
	var located *Error
	if !errors.As(err, &located) || strings.ContainsRune(err.Error(), '\x1b') {
		t.Errorf("%T: %q", err, err)
	}
}

// FuzzMode: what is taken for a mode changes no bit outside of one.
func FuzzMode(f *testing.F) {
	for _, s := range []string{"755", "u+x", "a=rX,o-w", "+t"} {
		f.Add(s, uint32(0o644), true)
	}
	f.Fuzz(func(t *testing.T, s string, old uint32, dir bool) {
		m, err := ParseMode(s)
		if err != nil {
			return
		}
		if got := m.Apply(old&0o7777, dir); got > 0o7777 {
			t.Errorf("%q of %o is %o", s, old, got)
		}
	})
}
