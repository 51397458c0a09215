package cli

import (
	"fmt"
	"time"

	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

// ailing are the services that are not as they should be. One that was stopped is as somebody
// wanted it.
func ailing(all []spec.ServiceState) []spec.ServiceState {
	var out []spec.ServiceState
	for _, s := range all {
		if !s.Good() && s.State != spec.ServiceStopped {
			out = append(out, s)
		}
	}
	return out
}

func since(s spec.ServiceState, now time.Time) string {
	if s.Since.IsZero() {
		return "-"
	}
	return now.Sub(s.Since).Round(time.Second).String()
}

// whyOf is why a service is not as it should be, with the last line that it printed.
func whyOf(s spec.ServiceState) string {
	if s.Detail == "" || len(s.Tail) == 0 {
		return s.Detail
	}
	return s.Detail + ": " + s.Tail[len(s.Tail)-1]
}

// servicePairs are lines of status: the services, and of those that ail the last lines.
func servicePairs(all []spec.ServiceState, now time.Time) [][2]string {
	var pairs [][2]string
	label := "services"
	for _, s := range all {
		text := fmt.Sprintf("%s: %s for %s", s.Name, s.State, since(s, now))
		if s.State == spec.ServiceDone || s.State == spec.ServiceFailed || s.State == spec.ServiceStopped {
			text = fmt.Sprintf("%s: %s %s ago", s.Name, s.State, since(s, now))
		}
		if s.Restarts > 0 {
			text += ", " + plural(s.Restarts, "restart", "restarts")
		}
		if s.Detail != "" {
			text += ": " + s.Detail
		}
		pairs = append(pairs, [2]string{label, text})
		label = ""
		if s.Good() || s.State == spec.ServiceStopped {
			continue
		}
		for _, line := range s.Tail {
			pairs = append(pairs, [2]string{"", "  | " + line})
		}
	}
	return pairs
}
