package cli

import (
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// verb is a command that is made only when it is asked for: most invocations
// need one of them, and every start of the program waits for it.
type verb struct {
	name string
	make func(*app) *cobra.Command
}

// verbs are in the order of the help page.
func verbs() []verb {
	return []verb{
		{"init", newCmdInit}, {"run", newCmdRun}, {"up", newCmdUp}, {"exec", newCmdExec}, {"shell", newCmdShell}, {"watch", newCmdWatch},
		{"test", newCmdTest},
		{"down", newCmdDown}, {"rm", newCmdRm},
		{"ps", newCmdPs}, {"status", newCmdStatus}, {"inspect", newCmdInspect}, {"logs", newCmdLogs},
		{"service", newCmdService}, {"stats", newCmdStats}, {"ports", newCmdPorts}, {"forward", newCmdForward}, {"network", newCmdNetwork},
		{"build", newCmdBuild}, {"image", newCmdImage}, {"volume", newCmdVolume}, {"cache", newCmdCache}, {"prune", newCmdPrune},
		{"trust", newCmdTrust}, {"doctor", newCmdDoctor}, {"config", newCmdConfig}, {"explain", newCmdExplain},
		{"completion", newCmdCompletion}, {"version", newCmdVersion},
	}
}

// needed returns the verbs that this command line can reach: the one it names,
// or all of them when it names none (help, completion, a mistyped word).
func needed(args []string, flags *pflag.FlagSet) []verb {
	all := verbs()
	at := firstWord(args, flags)
	for i, v := range all {
		if at >= 0 && v.name == args[at] && v.name != "completion" {
			return all[i : i+1]
		}
	}
	return all
}

// firstWord is the place of the first argument that is neither a flag nor a
// flag's value; -1 when there is none, or when a flag is not known here.
func firstWord(args []string, flags *pflag.FlagSet) int {
	for i := 0; i < len(args); i++ {
		word := args[i]
		if !strings.HasPrefix(word, "-") {
			return i
		}
		f := lookup(flags, word)
		switch {
		case f == nil:
			return -1
		case f.NoOptDefVal == "" && !hasValue(word):
			i++
		}
	}
	return -1
}

// lookup finds the flag of a word; for joined short flags the first, because a
// later one that takes a value is rare enough to build everything.
func lookup(flags *pflag.FlagSet, word string) *pflag.Flag {
	switch name, _, _ := strings.Cut(strings.TrimLeft(word, "-"), "="); {
	case name == "":
		return nil
	case strings.HasPrefix(word, "--"):
		return flags.Lookup(name)
	default:
		f := flags.ShorthandLookup(name[:1])
		if f != nil && f.NoOptDefVal != "" && len(name) > 1 {
			return nil
		}
		return f
	}
}

// hasValue reports whether the word of a flag brings the value with it:
// --name=x, -Cdir.
func hasValue(word string) bool {
	return strings.Contains(word, "=") || !strings.HasPrefix(word, "--") && len(word) > 2
}
