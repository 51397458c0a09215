package config

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/bmatcuk/doublestar/v4"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// WatchRule is a command that runs inside on each change of files of the project.
type WatchRule struct {
	// Run is the command: a text is run by the shell, a list is a program with its arguments. {changed} stands for the changed files, each an argument.
	Run Hook `yaml:"run" json:"run,omitzero" required:"true"`
	// Paths are patterns of the files that count, from the project on; ** stands for any number of directories, {a,b} for either. A directory stands for all that is in it. Default: all files.
	Paths []string `yaml:"paths" json:"paths,omitempty" check:"glob"`
	// Ignore are lines as in a .gitignore, which win over all others; one that begins with ! takes back what is ignored.
	Ignore []string `yaml:"ignore" json:"ignore,omitempty" check:"ignore"`
	// Debounce is how long files are left alone before several changes are taken for complete, such as 200ms. Default: 100ms. A single change is not held up by it.
	Debounce string `yaml:"debounce" json:"debounce,omitempty" check:"debounce"`
	// OnBusy says what a change does while the command runs: restart (end it and begin anew), queue (run once more afterwards) or ignore.
	OnBusy string `yaml:"on_busy" json:"on_busy,omitempty" enum:"restart queue ignore"`
	// Clear the terminal before each run.
	Clear bool `yaml:"clear" json:"clear,omitempty"`
	// Initial is whether the command runs once before the first change. Default: true.
	Initial bool `yaml:"initial" json:"initial"`
	// Notify tells by the terminal, with a bell and a message, when a run fails and when one succeeds after that.
	Notify bool `yaml:"notify" json:"notify,omitempty"`
	// Env are variables of the command.
	Env map[string]string `yaml:"env" json:"env,omitempty" check:"env"`
}

// Bounds of a rule: each pattern is tried for every file that changes.
const (
	maxWatchLine  = 256
	maxWatchPaths = 200
	maxStars      = 6
	maxBraces     = 4
	maxCommas     = 32
	debounceMost  = time.Minute
	changedWord   = "{changed}"
)

func (r *WatchRule) setDefaults() { r.OnBusy, r.Initial = "restart", true }

// NewWatchRule is a rule of which nothing was said.
func NewWatchRule() WatchRule {
	var r WatchRule
	r.setDefaults()
	return r
}

// ParseDebounce reads the text of debounce; 0 stands for none.
func ParseDebounce(s string) (time.Duration, error) {
	if s == "" {
		return 0, nil
	}
	d, err := time.ParseDuration(s)
	if err != nil || len(s) > 20 || d < 0 || d > debounceMost {
		return 0, fmt.Errorf("%s is no time: expected something like 200ms or 1.5s, at most 1m", quoted(s))
	}
	return d, nil
}

func checkDebounce(s string) string {
	if s == "" {
		return "is empty: expected a time such as 200ms"
	}
	if _, err := ParseDebounce(s); err != nil {
		return err.Error()
	}
	return ""
}

// CheckGlob says what is wrong with a pattern of paths, or nothing.
func CheckGlob(s string) string {
	switch {
	case strings.HasPrefix(s, "!"):
		return quoted(s) + " begins with !: what is not wanted belongs into ignore"
	case strings.HasPrefix(s, "/"):
		return quoted(s) + " is absolute: patterns start at the project"
	case slices.Contains(strings.Split(s, "/"), ".."):
		return quoted(s) + " leads out of the project"
	case len(s) > maxWatchLine:
		return fmt.Sprintf("longer than %d bytes", maxWatchLine)
	case strings.Count(s, "**") > maxStars: // each multiplies the ways to match
		return fmt.Sprintf("%s has more than %d **", quoted(s), maxStars)
	case strings.Count(s, "{") > maxBraces || strings.Count(s, ",") > maxCommas:
		return fmt.Sprintf("%s has more than %d { } or %d commas", quoted(s), maxBraces, maxCommas)
	case !doublestar.ValidatePattern(s):
		return quoted(s) + " has an unfinished [ ] or { }"
	}
	return checkPath(s)
}

func checkIgnore(s string) string {
	switch {
	case len(s) > maxWatchLine:
		return fmt.Sprintf("longer than %d bytes", maxWatchLine)
	case s == "!":
		return quoted(s) + " takes back nothing"
	}
	return checkPath(s)
}

// watchRule checks what the keys of a rule mean together.
func (d *decoder) watchRule(r *WatchRule, at *token.Token, seen map[string]entry, key string) {
	run, ok := seen["run"]
	if !ok {
		return // told already
	}
	switch {
	case r.Run.Parallel != nil:
		d.failKey(start(run.value), key+".run", "expected a text or a list, found keys and values: make a rule of each")
	case r.Run.IsZero() && isText(run.value):
		d.failKey(start(run.value), key+".run", "has no command")
	}
	if len(r.Paths) > maxWatchPaths || len(r.Ignore) > maxWatchPaths {
		d.failKey(at, key, "more than %d patterns", maxWatchPaths)
	}
}

func isText(n ast.Node) bool {
	_, text, _ := word(n)
	return text
}

// Command is what a rule runs, with the changed files put in. A shell gets them as its
// arguments, so that no name of a file is read as a command.
func (r WatchRule) Command(changed []string) []string {
	if r.Run.Shell != "" {
		text := strings.ReplaceAll(r.Run.Shell, changedWord, `"$@"`)
		args := []string{"/bin/sh", "-c", text}
		if text == r.Run.Shell {
			return args
		}
		return append(append(args, "/bin/sh"), changed...)
	}
	return ExpandChanged(r.Run.Exec, changed)
}

// ExpandChanged puts the changed files into the words that have a place for them: a word
// comes once for each of them.
func ExpandChanged(words, changed []string) []string {
	var out []string
	for _, w := range words {
		if !strings.Contains(w, changedWord) {
			out = append(out, w)
			continue
		}
		for _, file := range changed {
			out = append(out, strings.ReplaceAll(w, changedWord, file))
		}
	}
	return out
}
