package cli

import (
	"context"
	"errors"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// execute parses args and runs the verb.
func (a *app) execute(args []string) error {
	root := a.newRoot()
	for _, v := range needed(args, root.PersistentFlags()) {
		root.AddCommand(v.make(a))
	}
	a.verbAt = firstWord(args, root.PersistentFlags())
	root.SetHelpCommand(newCmdHelp(a))
	root.SetArgs(args)
	root.SetOut(a.Out)
	root.SetErr(a.Err)
	ran, err := root.ExecuteContextC(context.Background())
	if a.invoked == "" { // an error of parsing: nothing is settled yet
		a.settleLoosely()
	}
	var usage *usageError
	if errors.As(err, &usage) && usage.cmd == nil {
		usage.cmd = ran
	}
	return err
}

func (a *app) newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:           "sandbox [flags] VERB",
		Short:         "a development container for this repository, without root and without a daemon",
		SilenceErrors: true, // report prints them
		SilenceUsage:  true,
		Args:          cobra.ArbitraryArgs,
		RunE:          a.noVerb,
		PersistentPreRunE: func(c *cobra.Command, _ []string) error {
			a.invoked = strings.TrimPrefix(c.CommandPath(), "sandbox ")
			return a.settle()
		},
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
	}
	a.addGlobalFlags(root.PersistentFlags())
	root.Flags().BoolVar(&a.flags.version, "version", false, "the version of this program")
	root.SetFlagErrorFunc(flagError)
	root.SetHelpFunc(a.help)
	root.SetUsageFunc(func(*cobra.Command) error { return nil }) // usageError carries the line
	return root
}

func (a *app) addGlobalFlags(f *pflag.FlagSet) {
	f.StringVarP(&a.flags.project, "project", "C", "", "the project's `DIR`, or one below it (default: the working directory)")
	f.StringVar(&a.flags.config, "config", "", "take this devcontainer.json (`FILE`) of the project")
	f.StringVar(&a.flags.name, "name", "", "which of several sandboxes of the project (`NAME`)")
	f.BoolVarP(&a.flags.quiet, "quiet", "q", false, "errors only")
	f.BoolVarP(&a.flags.verbose, "verbose", "v", false, "every step")
	f.StringVar(&a.flags.logFormat, "log-format", "text", "standard error as `text|json`")
	f.BoolVar(&a.flags.noColor, "no-color", false, "no colour, also by NO_COLOR")
}

// settleLoosely prepares the story for an error that came before the flags
// were complete: the format that was asked for, if it can be seen.
func (a *app) settleLoosely() {
	if a.flags.logFormat != "json" {
		a.flags.logFormat = "text"
	}
	a.flags.name = ""
	_ = a.settle() // both things it refuses were just made acceptable
}

// noVerb runs for `sandbox` alone and for a word that is no verb.
func (a *app) noVerb(c *cobra.Command, args []string) error {
	switch {
	case a.flags.version:
		return a.version(false)
	case len(args) > 0:
		return unknownVerb(args[0])
	case a.Interactive():
		return a.overview(c.Context())
	}
	if err := writeHelp(a.Err, c); err != nil {
		return err
	}
	return exitCode(exitUsage)
}
