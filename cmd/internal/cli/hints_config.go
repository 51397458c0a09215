package cli

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/rootless-sandbox/sandbox/config"
	"github.com/rootless-sandbox/sandbox/sandbox"
)

// configHints knows what is wrong with the project and its files.
func (a *app) configHints(err error) []diagnosis {
	var problems config.Problems
	var owner *config.OwnerError
	var project *sandbox.ProjectError
	var cwd *cwdError
	var untrusted *sandbox.UntrustedError
	var declined *declinedError
	var target *sandbox.TargetError
	var envFile *sandbox.EnvFileError
	switch {
	case errors.As(err, &problems) && len(problems) > 0:
		return a.problems(problems)
	case errors.As(err, &owner):
		return one(diagnosis{Code: "SBX0202", Hints: []hint{
			{"sandbox config validate", "which files are read"},
		}})
	case errors.As(err, &cwd):
		return one(diagnosis{Code: "SBX0203", Hints: []hint{
			{`cd "$PWD"`, "it was removed, or made anew since you entered it"},
		}})
	case errors.As(err, &project):
		return one(diagnosis{Code: "SBX0203", Hints: []hint{
			{"cd path/to/your/project", "or name it: sandbox -C DIR"},
		}})
	case errors.As(err, &untrusted):
		return one(a.untrusted(untrusted))
	case errors.As(err, &declined):
		return one(diagnosis{Code: "SBX0204", Hints: []hint{{a.trustVerb(), "shows the list again"}}})
	case errors.As(err, &envFile):
		return one(diagnosis{Code: "SBX0207", Hints: []hint{
			{"ls -l " + quote(envFile.Path), "a file of KEY=value lines is needed"},
		}})
	case errors.As(err, &target):
		return one(diagnosis{Code: "SBX0205", Hints: []hint{
			{"sandbox config show", "where the value comes from"},
		}})
	}
	return nil
}

func (a *app) problems(all config.Problems) []diagnosis {
	var found []diagnosis
	for _, p := range all {
		_, byFlag := a.set[p.Key]
		byFlag = byFlag && p.File == ""
		d := diagnosis{Code: "SBX0201", Message: a.place(p) + p.Message, Detail: excerpt(p)}
		switch {
		case p.Key == config.ConfigFlag:
			d.Hints = []hint{{a.again("--config FILE"), "with one of them"}}
		case strings.HasSuffix(p.File, "devcontainer.json") && p.Line > 0:
			d.Hints = []hint{{"sandbox config validate", "after a correction: all that is wrong with it, or lost"}}
		case p.Nearest != "":
			d.Hints = []hint{{p.Nearest + ":", "the nearest key that exists here"}}
		case byFlag:
			d.Hints = []hint{{"sandbox " + a.invoked + " --help", "what it takes"}}
		case p.File == "":
			d.Hints = []hint{{"sandbox help environment", "the variables, and which flags they stand for"}}
		case p.Line == 0:
			d.Hints = []hint{{"ls -l " + quote(a.short(p.File)), "a plain file is needed, in the project's own directory"}}
		default:
			d.Hints = []hint{{"sandbox config schema", "every key with its values"}}
		}
		if byFlag {
			d.Exit = exitUsage
		}
		found = append(found, d)
	}
	return found
}

// place is FILE:LINE:COL as compilers write it, so that editors jump there.
func (a *app) place(p config.Problem) string {
	if p.File == "" {
		return ""
	}
	s := a.short(p.File)
	if p.Line > 0 {
		s += fmt.Sprintf(":%d", p.Line)
	}
	if p.Line > 0 && p.Column > 0 {
		s += fmt.Sprintf(":%d", p.Column)
	}
	return s + ": "
}

// excerpt is the line of the file with a caret below the column.
func excerpt(p config.Problem) []string {
	if p.Source == "" || p.Line <= 0 {
		return nil
	}
	source := strings.ReplaceAll(strings.TrimRight(p.Source, "\r\n"), "\t", " ")
	number := fmt.Sprintf("%4d | ", p.Line)
	lines := []string{number + source}
	if p.Column > 0 && p.Column <= utf8.RuneCountInString(source)+1 {
		lines = append(lines, strings.Repeat(" ", len(number)-2)+"| "+blanks(source, p.Column-1)+"^")
	}
	return lines
}

// blanks are as wide as the first n characters of a line on a terminal.
func blanks(line string, n int) string {
	var b strings.Builder
	for _, r := range []rune(line)[:n] {
		switch {
		case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul) || r >= 0xff01 && r <= 0xff60 || r >= 0x1f300 && r <= 0x1faff:
			b.WriteString("  ")
		default:
			b.WriteByte(' ')
		}
	}
	return b.String()
}

// untrusted lists each ask with its place, and what accepts them.
func (a *app) untrusted(e *sandbox.UntrustedError) diagnosis {
	d := diagnosis{Code: "SBX0204", Message: trustMessage(e.Trust), Detail: a.trustLines(e.Trust)}
	if a.invoked == "trust" {
		d.Hints = []hint{{a.again("--yes"), "once you have read the list: agrees to it, without a terminal"}}
		return d
	}
	d.Hints = []hint{
		{a.trustVerb(), "once you have read the list: agrees to exactly this"},
		{a.again("--trust"), "for this time alone, in a script that means it"},
	}
	return d
}

// trustVerb is sandbox trust, which is about the project, not about one of its sandboxes.
func (a *app) trustVerb() string {
	words := "sandbox"
	if a.flags.project != "" {
		words += " -C " + quote(a.flags.project)
	}
	if a.flags.config != "" {
		words += " --config " + quote(a.flags.config)
	}
	return words + " trust"
}

func (a *app) origin(o config.Origin) string {
	switch {
	case o.File != "" && o.Line > 0:
		return fmt.Sprintf("%s:%d: ", a.short(o.File), o.Line)
	case o.File != "":
		return a.short(o.File) + ": "
	case o.Name != "":
		return o.Name + ": "
	case o.Layer == "image":
		return "the image's metadata: "
	}
	return ""
}
