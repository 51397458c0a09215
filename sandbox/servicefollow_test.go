package sandbox

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

func TestServiceAlarm(t *testing.T) {
	type states = []spec.ServiceState
	ready := spec.ServiceState{Name: "a", State: spec.ServiceReady}
	failed := spec.ServiceState{Name: "a", State: spec.ServiceFailed, Detail: "exit status 1", Tail: []string{"boom"}}
	again := func(state string, restarts int) spec.ServiceState {
		return spec.ServiceState{Name: "a", State: state, Restarts: restarts}
	}
	for name, c := range map[string]struct {
		looks []states
		every time.Duration // between them
		told  []string
	}{
		"nothing happens":       {[]states{{ready}, {ready}}, 0, nil},
		"it failed before":      {[]states{{failed}, {failed}}, 0, nil},
		"it fails":              {[]states{{ready}, {failed}, {failed}}, 0, []string{"a exit status 1 [boom]"}},
		"it is stopped":         {[]states{{ready}, {{Name: "a", State: spec.ServiceStopped}}}, 0, nil},
		"it ends well":          {[]states{{ready}, {{Name: "a", State: spec.ServiceDone}}}, 0, nil},
		"it is late":            {[]states{{again(spec.ServiceStarting, 0)}, {{Name: "a", State: spec.ServiceUnready, Detail: "not ready"}}}, 0, []string{"a not ready []"}},
		"one of two":            {[]states{{ready, {Name: "b"}}, {failed, {Name: "b"}}}, 0, []string{"a exit status 1 [boom]"}},
		"a new one":             {[]states{{}, {ready}, {failed}}, 0, []string{"a exit status 1 [boom]"}},
		"seen too late":         {[]states{{ready}, {again(spec.ServiceReady, 1)}}, 0, []string{"a it ended, and was started again []"}},
		"its restart is no end": {[]states{{ready}, {again(spec.ServiceBackoff, 0)}, {again(spec.ServiceStarting, 1)}, {again(spec.ServiceReady, 1)}}, 2 * repeatAfter, []string{"a it ended, and was started again []"}},
		"again and again":       {[]states{{ready}, {again(spec.ServiceBackoff, 0)}, {again(spec.ServiceBackoff, 1)}, {again(spec.ServiceReady, 2)}}, time.Second, []string{"a it ended, and was started again []"}},
		"again, later":          {[]states{{ready}, {again(spec.ServiceBackoff, 0)}, {again(spec.ServiceBackoff, 1)}}, repeatAfter, []string{"a it ended, and was started again []", "a it ended, and was started again (restart 2) []"}},
		"for good at last":      {[]states{{ready}, {again(spec.ServiceBackoff, 0)}, {failed}}, time.Second, []string{"a it ended, and was started again []", "a exit status 1 [boom]"}},
		"started anew, fails":   {[]states{{failed}, {again(spec.ServiceStarting, 0)}, {failed}}, time.Second, []string{"a exit status 1 [boom]"}},
	} {
		t.Run(name, func(t *testing.T) {
			var told []string
			a := &serviceAlarm{known: map[string]alarmed{}, emit: func(e spec.Event) {
				told = append(told, fmt.Sprint(e.Name, " ", e.Detail, " ", e.Tail))
			}}
			now := time.Now()
			for _, look := range c.looks {
				a.look(look, now)
				now = now.Add(c.every)
			}
			if !reflect.DeepEqual(told, c.told) {
				t.Errorf("told %q, want %q", told, c.told)
			}
		})
	}
}
