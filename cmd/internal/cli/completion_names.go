package cli

import (
	"maps"
	"slices"

	"github.com/spf13/cobra"
)

// completing offers those of the names that the line does not have yet. What cannot be found out is not
// offered: completion has nobody to tell.
func completing(names func(c *cobra.Command) []string) cobra.CompletionFunc {
	return func(c *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		if c.ArgsLenAtDash() < len(args) { // cobra ends what it completes by a dash of its own
			return nil, cobra.ShellCompDirectiveDefault // a command with its files
		}
		left := slices.DeleteFunc(names(c), func(name string) bool { return slices.Contains(args, name) })
		return left, cobra.ShellCompDirectiveNoFileComp
	}
}

// serviceNames are the services of the project's sandbox, running or not.
func (a *app) serviceNames(c *cobra.Command) []string {
	var names []string
	_ = a.withSandbox(func(e engine, id string) error {
		info, err := e.Inspect(c.Context(), id)
		if err == nil && info.Spec != nil {
			for _, s := range info.Spec.Services {
				names = append(names, s.Name)
			}
		}
		return err
	})
	return names
}

// ruleNames are the rules below watch in the project's configuration.
func (a *app) ruleNames(*cobra.Command) []string {
	p, err := a.project()
	if err != nil {
		return nil
	}
	loaded, err := a.load(p, nil)
	if err != nil {
		return nil
	}
	return slices.Sorted(maps.Keys(loaded.Config.Watch))
}
