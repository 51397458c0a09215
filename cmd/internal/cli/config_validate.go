package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/rootless-sandbox/sandbox/cmd/internal/ui"
	"github.com/rootless-sandbox/sandbox/config"
	"github.com/rootless-sandbox/sandbox/sandbox"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

func newCmdConfigValidate(a *app) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "validate [flags] [FILE...]",
		Short: "check the configuration of this project, or the files named",
		Long: `Checks the configuration of this project with all its layers, or each file that is
named by itself; a devcontainer.json too, with what of it is lost here as warnings. It
exits with 1 when something is not valid.`,
		Example: `  sandbox config validate
  sandbox config validate .devcontainer/devcontainer.json
  sandbox config validate --json examples/*.yaml`,
		RunE: func(_ *cobra.Command, args []string) error { return a.configValidate(args, asJSON) },
	}
	c.Flags().BoolVar(&asJSON, "json", false, "the problems on standard output as JSON")
	return c
}

func (a *app) configValidate(files []string, asJSON bool) error {
	problems, warnings, err := a.validate(files)
	if err != nil {
		return err
	}
	switch {
	case asJSON:
		err = ui.JSON(a.Out, append(jsonProblems(problems, false), jsonProblems(warnings, true)...))
	case len(problems) > 0:
		a.report(problems)
	default:
		a.warnOf(warnings)
		_, err = fmt.Fprintln(a.Out, "valid")
	}
	if err == nil && len(problems) > 0 {
		err = exitCode(exitNo)
	}
	return err
}

// validate answers what is wrong, and what is only odd.
func (a *app) validate(files []string) (all, warnings config.Problems, err error) {
	if len(files) == 0 {
		p, err := a.project()
		if err != nil {
			return asProblems(err)
		}
		a.noteLocal(p)
		return a.validateProject(a.loadOptions(p, nil))
	}
	for _, file := range files {
		if name := filepath.Base(file); name != "devcontainer.json" && name != ".devcontainer.json" {
			all = append(all, config.ValidateFile(file)...)
			continue
		}
		found, odd, err := a.validateDevcontainer(file)
		if err != nil {
			return nil, nil, err
		}
		all, warnings = append(all, found...), append(warnings, odd...)
	}
	return all, warnings, nil
}

func (a *app) validateProject(o config.LoadOptions) (all, warnings config.Problems, err error) {
	l, err := a.backend.load(o)
	if err != nil {
		return asProblems(err)
	}
	if l.Dev != nil {
		warnings = l.Dev.Warnings
	}
	return nil, warnings, nil
}

func asProblems(err error) (all, warnings config.Problems, _ error) {
	if errors.As(err, &all) {
		err = nil
	}
	return all, nil, err
}

// validateDevcontainer is of one that is named, without a .sandbox.yaml beside it.
func (a *app) validateDevcontainer(file string) (all, warnings config.Problems, err error) {
	cwd, err := a.world.getwd()
	if err != nil {
		return nil, nil, err
	}
	if !filepath.IsAbs(file) {
		file = filepath.Join(cwd, file)
	}
	dir, err := realDir(filepath.Dir(file))
	if err != nil {
		return nil, nil, err
	}
	p, err := a.backend.find(dir, a.world.getenv("HOME"))
	if err != nil {
		return asProblems(err)
	}
	p.File, p.Several = "", nil
	return a.validateProject(config.LoadOptions{Project: p, Environ: a.world.environ(), FilesOnly: true, Devcontainer: filepath.Join(dir, filepath.Base(file))})
}

// warnOf tells what of a devcontainer.json is lost.
func (a *app) warnOf(all config.Problems) {
	for _, p := range all {
		if a.story.JSON {
			a.story.Event(spec.Event{Kind: "degraded", Name: "devcontainer.json", Detail: a.place(p) + p.Message})
			continue
		}
		a.story.Errors(func(w io.Writer) { writeWarning(w, a.story.Paint, a.place(p)+p.Message, excerpt(p)) })
	}
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
	Warning bool   `json:"warning,omitempty"` // the file is valid all the same
}

func jsonProblems(all config.Problems, warning bool) []jsonProblem {
	list := make([]jsonProblem, 0, len(all))
	for _, p := range all {
		list = append(list, jsonProblem{p.File, p.Line, p.Column, p.Key, p.Message, p.Nearest, warning})
	}
	return list
}
