package config_test

import (
	"strings"
	"testing"

	"github.com/rootless-sandbox/sandbox/config"
)

func TestLocalRequest(t *testing.T) {
	for id, local := range map[string]bool{
		"http://127.0.0.1:631/x": true, "http://localhost/x": true, "https://localhost:1/x": true, "https://[::1]/x": true,
		"https://192.168.1.1/x": true, "https://10.0.0.1/x": true, "https://a.localhost/x": true,
		"https://example.org/x.tgz": false, "https://1.1.1.1/x": false, "ghcr.io/a/b/c": false, "./x": false, "localhost:5000/a/b": false,
	} {
		if got := config.LocalRequest(id); (got != "") != local {
			t.Errorf("%s: %q", id, got)
		}
	}
}

// What features were found to ask needs the user's word where the project names them.
func TestRequestsOfFeatures(t *testing.T) {
	const text = "version: 1\nfeatures: {./a: {}, 'http://localhost/b.tgz': {}}\n"
	for layer, want := range map[string]bool{"p/.sandbox.yaml": true, "p/.sandbox.local.yaml": true, "u.yaml": false} {
		files := map[string]string{"p/.sandbox.yaml": "version: 1\n"}
		files[layer] = text
		l, err := loaded(t, tree(t, files), nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		l.Ask([]config.FeatureAsk{
			{ID: "./a", CapAdd: []string{"sys_ptrace"}, Unconfined: true, Binds: []config.Mount{{Source: "/dev/null", Target: "/x y", ReadOnly: true}}},
			{ID: "ghcr.io/needed/by/a", CapAdd: []string{"NET_ADMIN"}},
		})
		var all []string
		for _, r := range l.HostRequests() {
			all = append(all, r.What)
		}
		got := strings.Join(all, "\n")
		if !want {
			if got != "" {
				t.Errorf("%s: asks for\n%s", layer, got)
			}
			continue
		}
		for _, line := range []string{
			"a request to an address of your own: http://localhost/b.tgz",
			`bind mount of /dev/null at "/x y", read-only, for the feature ./a`,
			"the capability CAP_SYS_PTRACE inside, for the feature ./a",
			"no filter of system calls: processes inside reach all of the kernel that your own do, for the feature ./a",
			"the capability CAP_NET_ADMIN inside, for the feature ghcr.io/needed/by/a",
		} {
			if !strings.Contains(got, line) {
				t.Errorf("%s: no %q in\n%s", layer, line, got)
			}
		}
	}
}
