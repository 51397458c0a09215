package cli

import (
	"strings"
	"testing"

	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

func TestPorts(t *testing.T) {
	b := newBench(t)
	b.engine.network = spec.NetworkState{Lost: "its monitor ended", Forwards: []spec.Forward{
		{Address: "127.0.0.1:8080", Inside: 80, URL: "http://127.0.0.1:8080", Process: "a\x1b[31mb", Origin: spec.ForwardAuto},
	}}
	r := b.run("ports")
	out, story, code := r.out, r.err, r.code
	if code != 0 || !strings.Contains(out, "http://127.0.0.1:8080") || strings.Contains(out, "\x1b") {
		t.Errorf("exit %d, %q", code, out)
	}
	if !strings.Contains(story, "its monitor ended; sandbox up") {
		t.Errorf("story %q", story)
	}
}

func TestPortsOfNothing(t *testing.T) {
	if r := newBench(t).run("ports", "--json"); r.code != 0 || strings.TrimSpace(r.out) != "[]" {
		t.Errorf("exit %d, %q", r.code, r.out)
	}
}

func TestForward(t *testing.T) {
	b := newBench(t)
	if r := b.run("forward", "auto:80"); r.code != 0 || !strings.Contains(r.err, "leads to port 80") {
		t.Errorf("exit %d, %q", r.code, r.err)
	}
	if r := b.run("forward", "--remove", "80"); r.code != 0 {
		t.Errorf("exit %d", r.code)
	}
	for _, args := range [][]string{{"forward"}, {"forward", "x"}, {"forward", "80", "81"}, {"ports", "x"}} {
		if r := b.run(args...); r.code != exitUsage {
			t.Errorf("%v: exit %d", args, r.code)
		}
	}
}

func TestNetworkWord(t *testing.T) {
	for want, i := range map[string]spec.Info{
		"none":            {Network: "none"},
		"private (pasta)": {Network: "private", NetworkState: &spec.NetworkState{Driver: "pasta"}},
		"private: its monitor ended; sandbox up connects it again": {Network: "private", NetworkState: &spec.NetworkState{Driver: "pasta", Lost: "its monitor ended"}},
		"private: nothing connects it here; see sandbox doctor":    {Network: "private", NetworkState: &spec.NetworkState{}},
	} {
		if got := networkWord(i); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
