package cli

import (
	"reflect"
	"testing"
	"time"

	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

func TestServiceWords(t *testing.T) {
	now := time.Now()
	ago := func(s spec.ServiceState, d time.Duration) spec.ServiceState {
		s.Since = now.Add(-d)
		return s
	}
	all := []spec.ServiceState{
		ago(spec.ServiceState{Name: "db", State: spec.ServiceReady}, 130*time.Second),
		ago(spec.ServiceState{Name: "web", State: spec.ServiceBackoff, Restarts: 2, Detail: "exit status 1; again in 200ms", Tail: []string{"one", "\x1b[31mtwo\t"}}, time.Second),
		ago(spec.ServiceState{Name: "once", State: spec.ServiceDone}, time.Second),
		ago(spec.ServiceState{Name: "off", State: spec.ServiceStopped, Tail: []string{"of old"}}, time.Second),
	}
	want := [][2]string{
		{"services", "db: ready for 2m10s"},
		{"", "web: backoff for 1s, 2 restarts: exit status 1; again in 200ms"},
		{"", "  | one"},
		{"", "  | \x1b[31mtwo\t"},
		{"", "once: done 1s ago"},
		{"", "off: stopped 1s ago"},
	}
	if got := servicePairs(all, now); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if got := psStatus(spec.Info{Status: "running", Services: all}); got != "running, 1 service not ready" {
		t.Errorf("ps: %q", got)
	}
	if got := whyOf(all[1]); got != "exit status 1; again in 200ms: \x1b[31mtwo\t" { // the table cleans it
		t.Errorf("ls: %q", got)
	}
}
