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

func TestLogsQuery(t *testing.T) {
	now := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	for since, want := range map[string]time.Time{
		"":                          {},
		"10m":                       now.Add(-10 * time.Minute),
		"2026-01-30T12:00:00Z":      now.Add(-24 * time.Hour),
		"2026-01-31T13:00:00+01:00": now,
	} {
		q, err := logsFlags{since: since, tail: 3, follow: true}.query([]string{"db"}, now)
		if err != nil || !q.Since.Equal(want) || q.Tail != 3 || !q.Follow || q.Names[0] != "db" {
			t.Errorf("%q: %+v, %v", since, q, err)
		}
	}
	for _, since := range []string{"yesterday", "-5m", "10", "2026-01-31"} {
		if q, err := (logsFlags{since: since}).query(nil, now); err == nil {
			t.Errorf("%q is taken for %v", since, q.Since)
		}
	}
}
