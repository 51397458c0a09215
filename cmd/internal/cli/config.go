package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/rootless-sandbox/sandbox/cmd/internal/ui"
	"github.com/rootless-sandbox/sandbox/config"
)

func newCmdConfig(a *app) *cobra.Command {
	c := &cobra.Command{
		Use:   "config VERB",
		Short: "show, validate or describe the configuration",
		Long:  "Shows the merged configuration, checks the files, or prints the schema for editors.",
		Example: `  sandbox config show
  sandbox config validate
  sandbox config schema > .sandbox.schema.json`,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) > 0 {
				return unknownConfigVerb(c, args[0])
			}
			return &usageError{cmd: c, msg: "which one: show, validate or schema?", paste: "sandbox config show"}
		},
	}
	c.AddCommand(newCmdConfigShow(a), newCmdConfigValidate(a), newCmdConfigSchema(a))
	return c
}

func unknownConfigVerb(c *cobra.Command, word string) error {
	u := &usageError{cmd: c, msg: fmt.Sprintf("%q is not a verb of config", word), paste: "sandbox config show"}
	if n := nearest(word, []string{"show", "validate", "schema"}); n != "" {
		u.paste = "sandbox config " + n
	}
	return u
}

func newCmdConfigShow(a *app) *cobra.Command {
	var asJSON, values bool
	c := &cobra.Command{
		Use:   "show [flags]",
		Short: "the merged configuration, with the origin of each value",
		Long: `Prints the configuration as it counts, each value with the place that it comes
from. So that it can be passed on, variables of your environment stand in it as
they are written, and passwords in addresses are stars; --values shows both.`,
		Example: `  sandbox config show
  sandbox config show --json | jq`,
		Args: noArgs,
		RunE: func(*cobra.Command, []string) error { return a.configShow(asJSON, values) },
	}
	c.Flags().BoolVar(&asJSON, "json", false, "as JSON")
	c.Flags().BoolVar(&values, "values", false, "put in what variables of your environment stand for")
	return c
}

func (a *app) configShow(asJSON, values bool) error {
	p, err := a.project()
	if err != nil {
		return err
	}
	load := config.Show
	if values {
		load = a.backend.load
	}
	loaded, err := load(a.loadOptions(p, nil))
	if err != nil {
		return err
	}
	if err := a.showImage(p, loaded); err != nil {
		return err
	}
	if asJSON {
		return ui.JSON(a.Out, loaded.Entries())
	}
	return loaded.WriteYAML(a.Out)
}

func newCmdConfigSchema(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "schema",
		Short:   "the JSON Schema of .sandbox.yaml",
		Long:    "Prints the JSON Schema of .sandbox.yaml, for editors and other programs.",
		Example: "  sandbox config schema > .sandbox.schema.json",
		Args:    noArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := a.Out.Write(config.Schema())
			return err
		},
	}
}
