package ui

import (
	"fmt"
	"strings"

	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

// Text is the line for an event, for whoever shows it elsewhere.
func (s *Story) Text(e spec.Event) string { return s.text(e) }

// text is the line for an event that is not a start; empty for one that is not
// to be shown.
func (s *Story) text(e spec.Event) string {
	switch e.Kind {
	case "note":
		return s.Paint.Warn("note:") + " " + Clean(note(e))
	case "fact":
		return row("", e.Name, e.Detail, "")
	case "output":
		return s.output(e)
	case "degraded":
		return s.marked(" --", s.Paint.Warn, "degraded", e.Name, Clean(e.Detail))
	case "repaired":
		return s.marked(" ok", s.Paint.Good, "repaired", repaired(e), "")
	}
	if e.State == "failed" {
		return s.marked(" no", s.Paint.Bad, e.Kind, e.Name, failed(e)) + s.tail(e.Tail)
	}
	return s.marked(" ok", s.Paint.Good, e.Kind, e.Name, result(e))
}

func note(e spec.Event) string {
	if e.Name == "" {
		return e.Detail
	}
	return e.Name + ": " + e.Detail
}

// output is one line that a hook printed: with its colours on a terminal, and
// without anything else that a terminal would obey.
func (s *Story) output(e spec.Event) string {
	text := Lines(e.Detail) // tabs stay
	if s.Moving {
		text = colored(e.Detail)
	}
	return "     " + Clean(e.Name) + " | " + text
}

// tail are the last words of what failed, each on a line below it.
func (s *Story) tail(lines []string) string {
	var b strings.Builder
	for _, line := range lines {
		b.WriteString("\n" + s.output(spec.Event{Detail: line}))
	}
	return b.String()
}

// marked paints the mark after the columns are laid out: a colour has a length
// that a reader does not see.
func (s *Story) marked(mark string, paint func(string) string, kind, name, result string) string {
	return paint(mark) + row(mark, kind, name, result)[len(mark):]
}

func repaired(e spec.Event) string {
	switch {
	case e.Detail != "":
		return e.Detail
	case e.Count == 1:
		return "1 file of the project is yours again"
	}
	return fmt.Sprintf("%d files of the project are yours again", e.Count)
}

// result says how it went, in the words of its kind.
func result(e spec.Event) string {
	switch {
	case e.Detail != "" && e.Elapsed > 0:
		did, more, comma := strings.Cut(Clean(e.Detail), ", ") // the time is that of what was done
		if comma {
			more = ", " + more
		}
		return did + " in " + Duration(e.Elapsed) + more
	case e.Detail != "":
		return Clean(e.Detail)
	case e.State == "cached":
		return "cached"
	case e.Elapsed > 0 && e.Kind == "hook":
		return "done in " + Duration(e.Elapsed)
	case e.Elapsed > 0:
		return "ready in " + Duration(e.Elapsed)
	}
	return ""
}

func failed(e spec.Event) string {
	text := "failed"
	if e.Elapsed > 0 {
		text += " after " + Duration(e.Elapsed)
	}
	if e.Detail != "" {
		text += ": " + Clean(e.Detail)
	}
	return text
}
