package cli

import (
	"runtime/debug"
	"testing"
)

func TestVersionPrefersTheStamp(t *testing.T) {
	record := func(version string) *debug.BuildInfo {
		return &debug.BuildInfo{Main: debug.Module{Version: version},
			Settings: []debug.BuildSetting{{Key: "vcs.revision", Value: "abc"}, {Key: "vcs.modified", Value: "true"}}}
	}
	for name, c := range map[string]struct {
		stamp string
		info  *debug.BuildInfo
		want  string
	}{
		"stamped":       {"1.2.3", record("v9.9.9"), "1.2.3"},
		"by go install": {"", record("v0.1.0"), "v0.1.0"},
		"from a tree":   {"", record("(devel)"), "devel"},
		"no record":     {"", nil, "devel"},
	} {
		t.Run(name, func(t *testing.T) {
			v := versionOf(c.stamp, c.info)
			if v.Version != c.want {
				t.Errorf("got %q, want %q", v.Version, c.want)
			}
			if c.info != nil && (v.Commit != "abc" || !v.Modified) {
				t.Errorf("got %+v", v)
			}
		})
	}
}

func TestVersionIsAFlagToo(t *testing.T) {
	flag, verb := newBench(t).run("--version"), newBench(t).run("version")
	if flag != verb || flag.code != 0 || flag.out == "" {
		t.Errorf("got %+v, want %+v", flag, verb)
	}
}
