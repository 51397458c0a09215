package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/rootless-sandbox/sandbox/cmd/internal/ui"
)

// report tells of err on standard error and returns the exit code.
func (a *app) report(err error) int {
	all := a.diagnose(err)
	a.story.Errors(func(w io.Writer) {
		for _, d := range all {
			if a.story.JSON {
				writeErrorJSON(w, d)
			} else {
				writeError(w, a.story.Paint, d)
			}
		}
	})
	return all[0].Exit
}

// writeWarning is of what does no harm.
func writeWarning(w io.Writer, paint ui.Paint, message string, detail []string) {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s\n", paint.Hint("warning:"), ui.Clean(message))
	for _, line := range detail {
		fmt.Fprintf(&b, "  %s\n", ui.Clean(line))
	}
	_, _ = io.WriteString(w, b.String()) // as with errors
}

// writeError is the shape of every error:
//
//	error[SBX0402]: what was tried, on what: cause
//	  detail
//	hint: a line to paste   # why
//
// Nothing is done about a standard error that cannot be written to: the exit
// code is all that is left to say.
func writeError(w io.Writer, paint ui.Paint, d diagnosis) {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s\n", paint.Bad("error["+d.Code+"]:"), ui.Clean(d.Message))
	for _, line := range d.Detail {
		fmt.Fprintf(&b, "  %s\n", ui.Clean(line))
	}
	for _, h := range d.Hints {
		fmt.Fprintf(&b, "%s %s\n", paint.Hint("hint:"), h)
	}
	_, _ = io.WriteString(w, b.String())
}

// jsonError is an error for programs. Its names are a contract.
type jsonError struct {
	Type    string   `json:"type"` // error
	Code    string   `json:"code"`
	Message string   `json:"message"`
	Detail  []string `json:"detail,omitempty"`
	Hints   []hint   `json:"hints,omitempty"`
	Exit    int      `json:"exit"`
}

func writeErrorJSON(w io.Writer, d diagnosis) {
	_ = ui.JSONLine(w, jsonError{"error", d.Code, d.Message, d.Detail, d.Hints, d.Exit})
}
