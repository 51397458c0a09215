package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/rootless-sandbox/sandbox/cmd/internal/ui"
	"github.com/rootless-sandbox/sandbox/config"
	"github.com/rootless-sandbox/sandbox/sandbox"
)

func newCmdConfigValidate(a *app) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "validate [flags] [FILE...]",
		Short: "check the configuration of this project, or the files named",
		Long: `Checks the configuration of this project with all its layers, or each file that is
named by itself. It exits with 1 when something is not valid.`,
		Example: `  sandbox config validate
  sandbox config validate --json examples/*.yaml`,
		RunE: func(_ *cobra.Command, args []string) error { return a.configValidate(args, asJSON) },
	}
	c.Flags().BoolVar(&asJSON, "json", false, "the problems on standard output as JSON")
	return c
}

func (a *app) configValidate(files []string, asJSON bool) error {
	problems, err := a.validate(files)
	if err != nil {
		return err
	}
	switch {
	case asJSON:
		if problems == nil {
			problems = config.Problems{}
		}
		err = ui.JSON(a.Out, jsonProblems(problems))
	case len(problems) > 0:
		a.report(problems)
	default:
		_, err = fmt.Fprintln(a.Out, "valid")
	}
	if err == nil && len(problems) > 0 {
		err = exitCode(exitNo)
	}
	return err
}

func (a *app) validate(files []string) (config.Problems, error) {
	if len(files) == 0 {
		return a.validateProject()
	}
	var all config.Problems
	for _, file := range files {
		all = append(all, config.ValidateFile(file)...)
	}
	return all, nil
}

func (a *app) validateProject() (config.Problems, error) {
	p, err := a.project()
	if err == nil {
		a.noteLocal(p)
		_, err = a.load(p, nil)
	}
	var problems config.Problems
	if errors.As(err, &problems) {
		return problems, nil
	}
	return nil, err
}

// noteLocal warns of settings of one's own that others will get.
func (a *app) noteLocal(p config.Project) {
	file := filepath.Join(p.Dir, config.LocalName)
	if _, err := os.Lstat(file); err != nil {
		return
	}
	if how := sandbox.Published(p.Dir, config.LocalName, a.world.getenv); how != "" {
		a.story.Note(a.short(file) + " " + how + ": what it says is meant for you alone; a line in .gitignore keeps it so")
	}
}

// jsonProblem is one line of config validate --json. Its names are a contract.
type jsonProblem struct {
	File    string `json:"file"`
	Line    int    `json:"line,omitempty"`
	Column  int    `json:"column,omitempty"`
	Key     string `json:"key,omitempty"`
	Message string `json:"message"`
	Nearest string `json:"nearest,omitempty"`
}

func jsonProblems(all config.Problems) []jsonProblem {
	list := make([]jsonProblem, 0, len(all))
	for _, p := range all {
		list = append(list, jsonProblem{p.File, p.Line, p.Column, p.Key, p.Message, p.Nearest})
	}
	return list
}
