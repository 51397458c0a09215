package cli

import (
	"testing"

	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

func TestParseMount(t *testing.T) {
	for word, want := range map[string]spec.Mount{
		"type=bind,source=/a,target=/b":            {Type: "bind", Source: "/a", Target: "/b"},
		"type=bind,src=/a=b,dst=/b,readonly":       {Type: "bind", Source: "/a=b", Target: "/b", ReadOnly: true},
		"type=bind,src=/a,destination=/b,ro=false": {Type: "bind", Source: "/a", Target: "/b"},
		"source=data,target=/b,readonly=true":      {Type: "volume", Source: "data", Target: "/b", ReadOnly: true},
		"type=tmpfs,target=/t,tmpfs-size=64m":      {Type: "tmpfs", Target: "/t", Size: 64 << 20},
		"type=tmpfs,target=/t,tmpfs-size=4096":     {Type: "tmpfs", Target: "/t", Size: 4096},
	} {
		if got, err := parseMount(word); err != nil || got != want {
			t.Errorf("%s: got %+v, %v; want %+v", word, got, err, want)
		}
	}
}

func TestParseMountRefuses(t *testing.T) {
	for _, word := range []string{
		"", "type=bind", "type=bind,source=/a", "type=bind,target=/b", "type=bind,source=/a,target=b",
		"type=image,source=a,target=/b", "source=/a,target=/b", "source=a,target=/b,what=1",
		"type=tmpfs,source=a,target=/b", "type=tmpfs,target=/b,tmpfs-size=0", "type=tmpfs,target=/b,tmpfs-size=9999999999g",
		"source=a,target=/b,tmpfs-size=1", "source=a,target=/b,readonly=maybe",
	} {
		if m, err := parseMount(word); err == nil {
			t.Errorf("%q: accepted as %+v", word, m)
		}
	}
}
