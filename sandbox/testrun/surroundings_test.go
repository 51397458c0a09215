package testrun

import (
	"slices"
	"testing"

	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

func TestOpenNamesWhatElseDecides(t *testing.T) {
	closed := func() Environment {
		return Environment{Network: "none", Image: Image{Ref: "x", Digest: "sha256:1"}}
	}
	if why := closed().Open(); why != "" {
		t.Errorf("nothing else decides, and it says %q", why)
	}
	for want, change := range map[string]func(*Environment){
		"the network, private":                               func(e *Environment) { e.Network = "private" },
		"variables of the caller":                            func(e *Environment) { e.PassEnv = []string{"A"} },
		"secrets":                                            func(e *Environment) { e.Secrets = []string{"s"} },
		"devices of this machine":                            func(e *Environment) { e.Security.GPU = true },
		"this machine's own system directories":              func(e *Environment) { e.Image = Image{Ref: "host"} },
		"directories of this machine that are mounted":       func(e *Environment) { e.Mounts = []spec.Mount{{Type: "bind"}} },
		"caches, whose content other sandboxes have written": func(e *Environment) { e.Caches = []spec.Cache{{Name: "go"}} },
	} {
		e := closed()
		change(&e)
		if got := e.Open(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestDigestIsOfAllThatSurrounds(t *testing.T) {
	seen := map[string]string{}
	for name, e := range map[string]Environment{
		"nothing": {}, "image": {Image: Image{Digest: "x"}}, "layers": {Image: Image{Layers: []string{"x"}}},
		"command": {Command: spec.Command{Args: []string{"x"}}}, "directory": {Command: spec.Command{Dir: "x"}}, "env": {Env: []string{"A=1"}},
		"pass": {PassEnv: []string{"A"}}, "secrets": {Secrets: []string{"A"}}, "user": {User: "x"}, "uid": {UID: 1}, "home": {Home: "x"},
		"host": {Hostname: "x"}, "network": {Network: "x"}, "allow": {Allow: []string{"x"}}, "target": {Target: "x"},
		"mounts": {Mounts: []spec.Mount{{Target: "x"}}}, "caches": {Caches: []spec.Cache{{Name: "x"}}}, "limits": {Limits: spec.Limits{PIDs: 1}},
		"security": {Security: spec.Security{GPU: true}}, "umask": {Umask: 1}, "cpus": {CPUs: 1},
		"services": {Services: []spec.Service{{Name: "x"}}}, "epoch": {Env: []string{"A=2"}},
	} {
		d := e.Digest()
		if other, ok := seen[d]; ok {
			t.Errorf("%s and %s have the same digest", name, other)
		}
		seen[d] = name
		if len(Compare(Environment{}, e)) == 0 && name != "nothing" {
			t.Errorf("%s: not said when it differs", name)
		}
	}
}

func TestCompare(t *testing.T) {
	was := Environment{Env: []string{"A=1", "B=2", "C=3"}, Image: Image{Ref: "x", Digest: "sha256:1"}, Umask: 18}
	is := Environment{Env: []string{"C=3", "A=1", "B=4", "D="}, Image: Image{Ref: "x", Layers: []string{"l1", "l2"}}, Umask: 18}
	want := []string{
		`content of the image: "sha256:1", now "l1 l2"`, `variable B: "2", now "4"`, `variable D: not set, now ""`,
	}
	if got := Compare(was, is); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if got := Compare(was, was); len(got) > 0 {
		t.Errorf("the same differs in %q", got)
	}
}
