package userns_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/rootless-sandbox/sandbox/userns"
	"github.com/rootless-sandbox/sandbox/userns/usernstest"
)

func prober(t *testing.T) userns.Prober {
	t.Helper()
	usernstest.Require(t, usernstest.UserNS)
	return userns.Prober{Role: role, Payload: payload(t, task{}), Staging: t.TempDir(), NoRange: errors.New("none here"), Caller: caller(t)}
}

func TestProbe(t *testing.T) {
	p := prober(t)
	before := descriptors(t)
	facts := p.Probe(t.Context())
	names := map[string]userns.Fact{}
	for _, f := range facts {
		if _, twice := names[f.Name]; twice || f.OK != (f.Err == "") || f.OK && f.Needs != "" || !f.OK && f.Needs == "" {
			t.Errorf("fact %+v", f)
		}
		if f.Required && !f.OK {
			t.Errorf("%s does not work: %s", f.Name, f.Err)
		}
		names[f.Name] = f
	}
	for _, want := range []string{
		"kernel", "user namespace", "mount", "overlay", "proc", "sysfs", "devpts", "network namespace",
		"subordinate ids", "fuse-overlayfs",
	} {
		if _, ok := names[want]; !ok {
			t.Errorf("nothing of %s", want)
		}
	}
	if got, want := names["subordinate ids"].OK, len(p.Caller.SubUIDs) > 0; got != want {
		t.Errorf("subordinate ids: %v, want %v", got, want)
	}
	if f, tried := names["range of ids"]; tried != (len(p.Caller.SubUIDs) > 0) || tried && !f.OK {
		t.Errorf("range of ids: %+v", f)
	}
	if after := descriptors(t); after != before {
		t.Errorf("%d descriptors are left", after-before)
	}
}

// TestProbeOfABadRange: a range that the kernel or newuidmap refuses is a fact, not a failure.
func TestProbeOfABadRange(t *testing.T) {
	p := prober(t)
	p.Caller.SubUIDs = []userns.Range{{Start: 1<<32 - 2, Size: 10}}
	p.Caller.SubGIDs = p.Caller.SubUIDs
	facts := p.Probe(context.Background())
	at := slices.IndexFunc(facts, func(f userns.Fact) bool { return f.Name == "range of ids" })
	if at < 0 {
		usernstest.Require(t, usernstest.SubIDs) // not tried: there is no newuidmap
		t.Fatal("the range was not tried")
	}
	if f := facts[at]; f.OK || f.Required || f.Err == "" {
		t.Errorf("got %+v", f)
	}
}

// TestProbeStopsAtTheFirst: where no user namespace can be had nothing else is tried in one.
func TestProbeStopsAtTheFirst(t *testing.T) {
	p := prober(t)
	p.Role = deadRole
	for _, f := range p.Probe(t.Context()) {
		switch f.Name {
		case "user namespace":
			if f.OK || !f.Required || f.Needs != userns.NeedsUserNamespaces {
				t.Errorf("got %+v", f)
			}
		case "mount", "overlay", "proc", "devpts":
			t.Errorf("tried %+v", f)
		}
	}
}
