// Package failure says why no image came of a Dockerfile. It answers: which lines of
// it are to blame, and what did they lead to?
package failure

import (
	"fmt"

	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

// StepError: a step of a Dockerfile failed.
type StepError struct {
	File   string // the Dockerfile
	Line   int    // of the instruction, and its last one
	End    int
	Step   string   // as progress shows it
	Source []string // the lines of the file around it
	First  int      // the number of the first of them
	Tail   []string // the last lines that a command printed
	Exit   spec.Exit
	Err    error // nil: a command ended with Exit
}

func (e *StepError) Error() string {
	what := fmt.Sprintf("build %s:%d: %s: ", e.File, e.Line, e.Step)
	switch {
	case e.Err != nil:
		return what + e.Err.Error()
	case e.Exit.Signal != 0:
		return what + fmt.Sprintf("ended by signal %d", e.Exit.Signal)
	}
	return what + fmt.Sprintf("exit status %d", e.Exit.Code)
}

func (e *StepError) Unwrap() error { return e.Err }

// DockerfileError: what is to be built cannot be: a mistake in the Dockerfile, or it is not to be had.
type DockerfileError struct {
	File   string
	Line   int // 0: no line is to blame
	Source []string
	First  int
	Err    error
}

func (e *DockerfileError) Error() string { return "build: " + e.Err.Error() }
func (e *DockerfileError) Unwrap() error { return e.Err }

// AsksError: a Dockerfile asks for something of the host that it was not given.
type AsksError struct{ What string }

func (e *AsksError) Error() string { return e.What }

// MissingSecretError: a RUN needs a secret, or an agent, that was not given.
type MissingSecretError struct{ Type, ID string }

func (e *MissingSecretError) Error() string {
	return fmt.Sprintf("%s %s is required, and was not given", e.Type, e.ID)
}
