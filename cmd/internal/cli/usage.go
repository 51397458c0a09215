package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// usageError is a command line that makes no sense. It exits with 2.
type usageError struct {
	cmd   *cobra.Command // nil: no usage line
	msg   string
	paste string // what to type instead, if that is known
}

func (e *usageError) Error() string { return e.msg }

func usagef(format string, args ...any) *usageError {
	return &usageError{msg: fmt.Sprintf(format, args...)}
}

// flagError turns what pflag says into a usageError of that verb.
func flagError(c *cobra.Command, err error) error {
	if errors.Is(err, pflag.ErrHelp) {
		return err
	}
	u := &usageError{cmd: c, msg: err.Error()}
	var unknown *pflag.NotExistError
	if errors.As(err, &unknown) && unknown.GetSpecifiedShortnames() == "" {
		u.msg = "unknown flag --" + unknown.GetSpecifiedName()
		u.paste = nearestFlag(c, unknown.GetSpecifiedName())
	}
	return u
}

func nearestFlag(c *cobra.Command, name string) string {
	var known []string
	c.Flags().VisitAll(func(f *pflag.Flag) { known = append(known, f.Name) })
	if n := nearest(name, known); n != "" {
		return c.CommandPath() + " --" + n
	}
	return ""
}

func unknownVerb(word string) error {
	u := &usageError{msg: fmt.Sprintf("%q is not a verb", word), paste: "sandbox help"}
	known := []string{"help"}
	for _, v := range verbs() {
		known = append(known, v.name)
	}
	if n := nearest(word, known); n != "" {
		u.paste = "sandbox " + n
	}
	return u
}

// nearest is the candidate that a slip of the fingers away from word; empty
// when none is.
func nearest(word string, candidates []string) string {
	best, distance := "", 3
	if len(word) < 5 { // two slips in four letters make any word of any other
		distance = 2
	}
	for _, c := range candidates {
		if d := slips(word, c); d < distance {
			best, distance = c, d
		}
	}
	if best == "" && len(word) >= 2 {
		for _, c := range candidates {
			if strings.HasPrefix(c, word) {
				return c
			}
		}
	}
	return best
}

// slips counts what makes one word of the other; two letters that changed places are one.
func slips(a, b string) int {
	d := levenshtein.ComputeDistance(a, b)
	if x, y := []byte(a), []byte(b); d == 2 && len(x) == len(y) {
		slices.Sort(x)
		slices.Sort(y)
		if slices.Equal(x, y) {
			return 1
		}
	}
	return d
}

// noArgs, atMost and command are what verbs say about their words.
func noArgs(c *cobra.Command, args []string) error { return atMost(0)(c, args) }

func atMost(n int) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) > n {
			return &usageError{cmd: c, msg: fmt.Sprintf("%s takes no argument %q", c.CommandPath(), args[n])}
		}
		return nil
	}
}

// exactly takes as many arguments as it is told.
func exactly(n int, names string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) != n {
			return &usageError{cmd: c, msg: "expected " + names, paste: "sandbox help " + strings.TrimPrefix(c.CommandPath(), "sandbox ")}
		}
		return nil
	}
}

func command(c *cobra.Command, args []string) error {
	if len(args) == 0 || args[0] == "" {
		return &usageError{cmd: c, msg: "no command to run", paste: c.CommandPath() + " -- /bin/sh"}
	}
	return nil
}
