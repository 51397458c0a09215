package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"strconv"

	"github.com/rootless-sandbox/sandbox/cmd/internal/ui"
	"github.com/rootless-sandbox/sandbox/sandbox"
)

// buildHints knows what can be wrong with a Dockerfile and its steps.
func (a *app) buildHints(err error) []diagnosis {
	var step *sandbox.StepError
	var file *sandbox.DockerfileError
	var asks *sandbox.BuildAsksError
	var lacks *sandbox.MissingSecretError
	var detail []string
	switch {
	case errors.As(err, &step):
		detail = sourceLines(step.Source, step.First, step.Line, step.End)
		if len(step.Tail) > 0 {
			detail = append(detail, "it printed:")
			for _, line := range step.Tail {
				detail = append(detail, "  "+ui.Lines(line))
			}
		}
	case errors.As(err, &file):
		detail = sourceLines(file.Source, file.First, file.Line, file.Line)
	default:
		return nil
	}
	switch {
	case errors.As(err, &asks):
		return one(diagnosis{Code: "SBX0332", Detail: detail, Hints: []hint{
			{"sandbox explain SBX0332", "what a build may ask for, and how to give it"},
		}})
	case errors.As(err, &lacks):
		return one(diagnosis{Code: "SBX0333", Detail: detail, Hints: []hint{
			{"sandbox build --secret id=" + quote(lacks.ID) + ",src=FILE", "or build.secrets in .sandbox.yaml"},
		}})
	case step != nil && step.Err == nil:
		return one(diagnosis{Code: "SBX0330", Detail: detail})
	}
	if found := a.imageHints(buildCause(step, file)); found != nil {
		found[0].Detail = append(detail, found[0].Detail...)
		found[0].Message = err.Error()
		return found
	}
	if step != nil {
		return one(diagnosis{Code: "SBX0330", Detail: detail})
	}
	d := diagnosis{Code: "SBX0331", Detail: detail}
	if file.Line == 0 && errors.Is(err, fs.ErrNotExist) {
		d.Hints = []hint{
			{"sandbox build -f FILE", "where the Dockerfile is"},
			{"build: {dockerfile: FILE}", "in .sandbox.yaml"},
		}
	}
	return one(d)
}

// buildCause is what is below the error of a step or a file.
func buildCause(step *sandbox.StepError, file *sandbox.DockerfileError) error {
	if step != nil {
		return step.Err
	}
	return file.Err
}

// sourceLines are lines of a file with their numbers, those from first to last marked.
func sourceLines(lines []string, from, first, last int) []string {
	if len(lines) == 0 {
		return nil
	}
	width := len(strconv.Itoa(from + len(lines)))
	out := make([]string, 0, len(lines))
	for i, line := range lines {
		mark := " "
		if n := from + i; n >= first && n <= last {
			mark = ">"
		}
		out = append(out, fmt.Sprintf("%s %*d | %s", mark, width, from+i, ui.Lines(line)))
	}
	return out
}
