package sandbox

import (
	"fmt"
	"strings"
	"time"

	"github.com/rootless-sandbox/sandbox/sandbox/internal/wire"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

// ChangedError: what changed in the configuration costs more than is done unasked.
type ChangedError struct {
	What      []Change
	Recreate  bool    // it takes a new sandbox, which loses what was written inside; else a restart
	Lost      Written // with Recreate
	Processes int     // that end
	Attended  int     // commands among them that somebody waits for
	Declined  bool    // somebody was asked, and said no
}

func (e *ChangedError) Error() string {
	all := make([]string, len(e.What))
	for i, c := range e.What {
		all[i] = c.String()
	}
	text := "the configuration changed (" + strings.Join(all, "; ") + "), which takes "
	if e.Recreate {
		text += "a new sandbox"
	} else {
		text += "a restart"
	}
	if cost := e.Cost(); cost != "" {
		text += ": " + cost
	}
	if e.Declined {
		text += "; nothing was done"
	}
	return text
}

// Cost says what would be lost and what would end.
func (e *ChangedError) Cost() string {
	var out []string
	if e.Lost.Files > 0 {
		out = append(out, e.Lost.String()+" would be lost")
	}
	switch {
	case e.Attended > 0:
		out = append(out, fmt.Sprintf("processes inside would end: %d, for %d of which somebody waits", e.Processes, e.Attended))
	case e.Processes > 0:
		out = append(out, fmt.Sprintf("processes inside would end: %d", e.Processes))
	}
	return strings.Join(out, ", ")
}

// permit asks before a change costs something. What was written inside is never
// lost unasked, and no command ends unasked that somebody waits for. What runs in
// the background does where nobody can be asked: whoever started it does so again.
func (u *upper) permit(e *ChangedError) error {
	if u.state.Alive() {
		e.Processes, e.Attended = u.engine.inside(u.state.Spec.ID)
		e.Processes = max(e.Processes, e.Attended)
	}
	switch {
	case e.Lost.Files == 0 && e.Processes == 0:
		return nil
	case u.options.Discard != nil:
		if e.Declined = !u.options.Discard(e); e.Declined {
			return e
		}
		return nil
	case e.Lost.Files > 0 || e.Attended > 0:
		return e
	}
	u.emit(spec.Event{Kind: "note", Name: "restart", Detail: fmt.Sprintf("processes inside end: %d", e.Processes)})
	return nil
}

// inside asks the agent how many processes there are, and how many commands that
// a client waits for; 0 when it does not answer.
func (e *Engine) inside(id string) (processes, attended int) {
	c, err := e.dial(id)
	if err != nil {
		return 0, 0
	}
	defer func() { _ = c.Close() }()
	defer time.AfterFunc(2*time.Second, func() { _ = c.Close() }).Stop()
	if err := c.Send(wire.Count, wire.Empty{}); err != nil {
		return 0, 0
	}
	f, err := receive(c, wire.Counted)
	if err != nil {
		return 0, 0
	}
	defer f.Close()
	var b wire.CountedBody
	if f.Decode(&b) != nil {
		return 0, 0
	}
	return b.N, b.Attended
}
