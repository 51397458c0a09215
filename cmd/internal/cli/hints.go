package cli

import (
	"fmt"
	"strings"

	"github.com/rootless-sandbox/sandbox/cmd/internal/ui"
)

// Exit codes of our own; `sandbox help exit-codes` tells users.
const (
	exitNo    = 1 // the answer of doctor or config validate is no
	exitUsage = 2
	exitError = 125
)

// diagnosis is one error as the user sees it.
type diagnosis struct {
	Code    string
	Message string
	Detail  []string // lines below the message: what was tried, the cause
	Hints   []hint
	Exit    int
}

// hint is a line to paste into a shell or into .sandbox.yaml; with the reason
// behind it as a comment it is still that line.
type hint struct {
	Paste string `json:"paste"`
	Why   string `json:"why,omitempty"`
}

func (h hint) String() string {
	if h.Why == "" {
		return ui.Clean(h.Paste)
	}
	return ui.Clean(h.Paste) + "   # " + ui.Clean(h.Why)
}

// diagnose is the only way from an error to advice and to an exit code. Most
// specific first: an errno below a typed error belongs to that error.
func (a *app) diagnose(err error) []diagnosis {
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		var all []diagnosis
		for _, e := range many.Unwrap() {
			all = append(all, a.diagnose(e)...)
		}
		return all
	}
	for _, topic := range []func(error) []diagnosis{
		a.usageHints, a.buildHints, a.configHints, a.initHints, a.dataHints, a.networkHints, a.watchHints, a.securityHints, a.featureHints, a.testHints, a.sandboxHints, a.commandHints, a.kernelHints, a.storeHints,
	} {
		if found := topic(err); found != nil {
			return finish(found, err)
		}
	}
	return finish([]diagnosis{{Code: "SBX0001"}}, err)
}

// finish fills in what a topic left to the rule.
func finish(all []diagnosis, err error) []diagnosis {
	for i := range all {
		d := &all[i]
		if d.Message == "" {
			d.Message = err.Error()
		}
		if d.Exit == 0 {
			d.Exit = exitError
		}
		if len(d.Hints) == 0 {
			d.Hints = []hint{{Paste: "sandbox explain " + d.Code}}
		}
	}
	return all
}

// one is the usual answer of a topic.
func one(d diagnosis) []diagnosis { return []diagnosis{d} }

// again is this command line with a flag more, behind the verb.
func (a *app) again(flag string) string {
	words := []string{"sandbox"}
	for i, word := range a.args {
		words = append(words, quote(word))
		if i == a.verbAt {
			words = append(words, flag)
		}
	}
	return strings.Join(words, " ")
}

// sibling is another verb on the same sandbox.
func (a *app) sibling(verb string) string {
	words := "sandbox"
	if a.flags.project != "" {
		words += " -C " + quote(a.flags.project)
	}
	if a.flags.config != "" {
		words += " --config " + quote(a.flags.config)
	}
	if a.flags.name != "" {
		words += " --name " + a.flags.name
	}
	return words + " " + verb
}

// quote makes a word safe to paste into a shell.
func quote(word string) string {
	safe := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' ||
			strings.ContainsRune("-_./:=,@%+~", r)
	}
	if word != "" && !strings.HasPrefix(word, "~") && strings.IndexFunc(word, func(r rune) bool { return !safe(r) }) < 0 {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// plural counts things.
func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
