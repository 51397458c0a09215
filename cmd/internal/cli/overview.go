package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/rootless-sandbox/sandbox/cmd/internal/ui"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

// overview is `sandbox` alone in a terminal: where you are, and what you
// probably want next.
func (a *app) overview(ctx context.Context) error {
	st, err := a.projectStatus(ctx)
	if err != nil {
		return err
	}
	if err := a.writeStatus(st, time.Now()); err != nil {
		return err
	}
	if _, err := fmt.Fprintln(a.Out); err != nil {
		return err
	}
	return ui.Pairs(a.Out, append(nextSteps(st), [2]string{"sandbox help", "everything else"}))
}

// nextSteps are the three likeliest commands.
func nextSteps(st projectStatus) [][2]string {
	list := st.Sandboxes
	running := false
	for _, i := range list {
		running = running || i.Status == spec.Running
	}
	switch {
	case running:
		return [][2]string{
			{"sandbox shell", "a shell inside"},
			{"sandbox exec -- CMD", "one command inside"},
			{"sandbox down", "stop it"},
		}
	case len(list) > 0:
		return [][2]string{
			{"sandbox up", "start it again"},
			{"sandbox shell", "start it and open a shell inside"},
			{"sandbox rm", "remove it with all that was written inside"},
		}
	}
	if st.File == "" && st.Devcontainer == "" {
		return [][2]string{
			{"sandbox init", "write a configuration for this project"},
			{"sandbox up", "make its sandbox without one"},
			{"sandbox run -- CMD", "one command in a sandbox of its own"},
		}
	}
	return [][2]string{
		{"sandbox up", "make this project's sandbox"},
		{"sandbox run -- CMD", "one command in a sandbox of its own"},
		{"sandbox doctor", "what this machine can do"},
	}
}
