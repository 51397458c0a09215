package egress

import (
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

func policy(t *testing.T, allow ...string) Policy {
	t.Helper()
	rules, err := Rules(t.Context(), allow, nil)
	if err != nil {
		t.Fatal(err)
	}
	return Policy{Rules: rules}
}

func TestNames(t *testing.T) {
	p := policy(t, "example.org", "*.example.net:443", "192.0.2.0/24")
	for _, c := range []struct {
		host string
		port int
		rule string // empty: refused
	}{
		{"example.org", 80, "example.org"}, {"example.org", 443, "example.org"},
		{"a.example.org", 443, ""}, {"notexample.org", 443, ""}, {"example.org.evil.test", 443, ""},
		{"a.example.net", 443, "*.example.net:443"}, {"a.b.example.net", 443, "*.example.net:443"},
		{"example.net", 443, ""}, {"a.example.net", 80, ""}, {"badexample.net", 443, ""},
	} {
		v, _ := p.Name(c.host, c.port)
		if v.Rule != c.rule || v.OK() != (c.rule != "") || !v.OK() && v.Why != NotListed {
			t.Errorf("%s:%d: %+v", c.host, c.port, v)
		}
	}
	if Host("Example.ORG.") != "example.org" {
		t.Error("a name is not what rules have")
	}
}

func TestAddresses(t *testing.T) {
	p := policy(t, "192.0.2.0/24:443", "10.1.0.0/16", "0.0.0.0/0", "::/0")
	named, own := &Rule{Text: "name"}, &Rule{Text: "tool:go", Own: true}
	for _, c := range []struct {
		addr string
		by   *Rule
		want Verdict
	}{
		{"192.0.2.1", nil, Verdict{Rule: "192.0.2.0/24:443"}},
		{"10.1.2.3", nil, Verdict{Rule: "10.1.0.0/16"}},
		{"10.1.2.3", named, Verdict{Rule: "10.1.0.0/16"}},
		{"10.2.2.3", nil, Verdict{Why: PrivateNet}},
		{"10.2.2.3", named, Verdict{Why: PrivateNet}},
		{"10.2.2.3", own, Verdict{Rule: "tool:go"}},
		{"127.0.0.1", own, Verdict{Why: ThisMachine}},
		{"::ffff:127.0.0.1", named, Verdict{Why: ThisMachine}},
		{"::ffff:10.2.2.3", named, Verdict{Why: PrivateNet}},
		{"64:ff9b::a9fe:a9fe", named, Verdict{Why: ThisMachine}},
		{"2002:7f00:1::", named, Verdict{Why: ThisMachine}},
		{"::7f00:1", named, Verdict{Why: ThisMachine}},
		{"169.254.169.254", named, Verdict{Why: ThisMachine}},
		{"fd00:ec2::254", own, Verdict{Why: ThisMachine}},
		{"fe80::1%eth0", named, Verdict{Why: ThisMachine}},
		{"0.0.0.0", named, Verdict{Why: ThisMachine}}, {"::", named, Verdict{Why: ThisMachine}}, {"::1", own, Verdict{Why: ThisMachine}},
		{"0.1.2.3", named, Verdict{Why: ThisMachine}}, {"255.255.255.255", named, Verdict{Why: ThisMachine}},
		{"224.0.0.1", named, Verdict{Why: ThisMachine}},
		{"100.64.0.1", named, Verdict{Why: PrivateNet}}, {"fd12::1", named, Verdict{Why: PrivateNet}},
		{"198.51.100.1", nil, Verdict{Rule: "0.0.0.0/0"}}, {"2001:db8::1", named, Verdict{Rule: "::/0"}},
	} {
		if got := p.Addr(netip.MustParseAddr(c.addr), 443, c.by); got != c.want {
			t.Errorf("%s by %v: got %+v, want %+v", c.addr, c.by, got, c.want)
		}
	}
	if got := (Policy{}).Addr(netip.MustParseAddr("192.0.2.1"), 443, nil); got.Why != NotListed {
		t.Errorf("without rules: %+v", got)
	}
}

func TestLearnOpensWhatIsPublicAlone(t *testing.T) {
	p := Policy{Learn: true}
	if v, _ := p.Name("anything.test", 1); v.Rule != learned {
		t.Errorf("a name: %+v", v)
	}
	for addr, want := range map[string]Verdict{"192.0.2.1": {Rule: learned}, "10.0.0.1": {Why: PrivateNet}, "127.0.0.1": {Why: ThisMachine}} {
		if got := p.Addr(netip.MustParseAddr(addr), 80, nil); got != want {
			t.Errorf("%s: %+v", addr, got)
		}
	}
}

func TestHostsOfTools(t *testing.T) {
	words := []string{"https://proxy.example.org", "direct", "off", "sum.example.org", "http://192.0.2.7:3000/x", "https://proxy.example.org/other",
		"git@github.example:a/b", "ssh://git@git.example/x", "file:///x", "https://[::1", "https://user:pw@git.example/x.git", "https://a_b"}
	var got []string
	for _, r := range hostsIn("tool:x", words, true) {
		got = append(got, r.Host+r.Prefix.String())
		if r.Text != "tool:x" || !r.Own || r.Port == 0 {
			t.Errorf("%+v", r)
		}
	}
	want := []string{"proxy.example.orginvalid Prefix", "sum.example.orginvalid Prefix", "192.0.2.7/32", "git.exampleinvalid Prefix", "a_binvalid Prefix"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}

// Tools are asked as they are found: here by a program of the test's own.
func TestAskTool(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("PATH", dir)
	if _, err := Rules(t.Context(), []string{"tool:npm"}, nil); err == nil || !strings.Contains(err.Error(), "tool:npm") {
		t.Errorf("without npm: %v", err)
	}
	write := func(text string) {
		if err := os.WriteFile(filepath.Join(dir, "npm"), []byte("#!/bin/sh\n"+text+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	write("echo https://npm.example/")
	rules, err := Rules(t.Context(), []string{"tool:npm", "tool:git"}, []string{"https://git.example/x"})
	if err != nil || len(rules) != 2 || rules[0].Host != "npm.example" || !rules[0].Own || rules[1].Host != "git.example" || rules[1].Own {
		t.Errorf("%+v, %v", rules, err)
	}
	write("echo no settings >&2; exit 1")
	if _, err := Rules(t.Context(), []string{"tool:npm"}, nil); err == nil || !strings.Contains(err.Error(), "no settings") {
		t.Errorf("got %v", err)
	}
	write("true")
	if _, err := Rules(t.Context(), []string{"tool:npm"}, nil); err == nil || !strings.Contains(err.Error(), "names none") {
		t.Errorf("got %v", err)
	}
}

func TestLogIsBounded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "egress")
	l, err := OpenLog(path)
	if err != nil {
		t.Fatal(err)
	}
	d := spec.Egress{Host: strings.Repeat("h", 10000), Port: 1, Verdict: spec.EgressRefused}
	for range 400 {
		l.Add(d)
	}
	d.Host = "last"
	l.Add(d)
	var size int64
	for _, name := range []string{path, path + olderSuffix} {
		st, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		size += st.Size()
	}
	all, err := ReadLog(path)
	if err != nil || len(all) < 100 || all[len(all)-1].Host != "last" || size > 2*maxLog+40000 {
		t.Errorf("%d entries, %d bytes, %v", len(all), size, err)
	}
}

func FuzzParseLog(f *testing.F) {
	f.Add(`{"host":"a","port":1,"verdict":"allowed"}` + "\n{}\nx\n")
	f.Fuzz(func(t *testing.T, s string) {
		for _, d := range parseLog(strings.NewReader(s)) {
			if d.Host == "" {
				t.Error("a decision about nothing")
			}
		}
	})
}
