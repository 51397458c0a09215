package cli

import (
	"context"
	"strings"
	"testing"

	"github.com/rootless-sandbox/sandbox/userns"
)

func TestDoctor(t *testing.T) {
	facts := []userns.Fact{
		{Name: "user namespaces", OK: true, Required: true, Detail: "made one"},
		{Name: "subordinate ids", Err: "no line for me in /etc/subuid", Needs: userns.NeedsSubIDs},
	}
	b := newBench(t)
	b.files = map[string]string{"PATH/newuidmap": ""}
	b.backend.probe = func(context.Context) []userns.Fact { return facts }
	want := ` ok       user namespaces        made one
 missing  subordinate ids        no line for me in /etc/subuid (not required)
          fix: sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 me   # a range of your own; until then one id is used, with root emulated
`
	if r := b.run("doctor"); r.code != 0 || r.out != want {
		t.Errorf("code %d, got:\n%s\nwant:\n%s", r.code, r.out, want)
	}
	facts[1].Required = true
	if r := b.run("doctor", "--json"); r.code != 1 || !strings.Contains(r.out, `"paste": "sudo usermod`) {
		t.Errorf("required: %+v", r)
	}
}

func TestAppArmorProfileNamesThisProgram(t *testing.T) {
	got := appArmorProfile("/opt/my tools/sandbox[1]")
	for _, want := range []string{"\n  userns,\n", `profile sandbox "/opt/my tools/sandbox\[1\]" flags=(unconfined) {`} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in:\n%s", want, got)
		}
	}
	if r := newBench(t).run("doctor", "--print-apparmor"); r.code != 0 || !strings.Contains(r.out, "profile sandbox \"/") {
		t.Errorf("got %+v", r)
	}
}
