// Package ui answers how a command speaks: where the answer and the story go,
// how tables, JSON and events look, and what of a foreign text may reach a
// terminal. It knows no verb.
//
// The rules, once: standard output is the answer, standard error the story.
// Without a terminal there is no colour and nothing that moves. Text that did
// not come from this program passes Clean or Lines before it is printed.
package ui

import (
	"os"

	"golang.org/x/term"
)

// Streams are the three descriptors of a process. They are files, because a
// command that runs in a sandbox is given them as they are.
type Streams struct{ In, Out, Err *os.File }

// Standard is the streams of this process.
func Standard() Streams { return Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr} }

// IsTerminal reports whether f is a terminal.
func IsTerminal(f *os.File) bool { return f != nil && term.IsTerminal(int(f.Fd())) }

// SizeOf is the size of a terminal; 0 for what is none.
func SizeOf(f *os.File) (columns, rows int) {
	if f == nil {
		return 0, 0
	}
	columns, rows, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 0, 0
	}
	return columns, rows
}

// Interactive reports whether a person sits at both ends: input and output are
// terminals.
func (s Streams) Interactive() bool { return IsTerminal(s.In) && IsTerminal(s.Out) }

// ColorAllowed decides about colour from the two things a user can say: the
// flag, and the environment (https://no-color.org, and TERM=dumb).
func ColorAllowed(f *os.File, noColorFlag bool, getenv func(string) string) bool {
	if noColorFlag || getenv("NO_COLOR") != "" || getenv("TERM") == "dumb" {
		return false
	}
	return IsTerminal(f)
}
