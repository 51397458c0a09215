package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rootless-sandbox/sandbox/cmd/internal/ui"
	"github.com/rootless-sandbox/sandbox/sandbox"
	"github.com/rootless-sandbox/sandbox/templates"
)

type initFlags struct {
	templates []string
	list      bool
	force     bool
	json      bool
}

func newCmdInit(a *app) *cobra.Command {
	var o initFlags
	c := &cobra.Command{
		Use:   "init [flags]",
		Short: "write a .sandbox.yaml for this project",
		Long: `Writes .sandbox.yaml into the working directory, from a template that the files of the
project tell, or from those that are named. Several languages make one file. It never
overwrites without --force.`,
		Example: `  sandbox init
  sandbox init --list
  sandbox init --template go --template node`,
		Args: noArgs,
		RunE: func(*cobra.Command, []string) error { return a.init(o) },
	}
	f := c.Flags()
	f.StringSliceVarP(&o.templates, "template", "t", nil, "the template `T`; may be repeated for several languages")
	f.BoolVar(&o.list, "list", false, "list the templates, and write nothing")
	f.BoolVar(&o.force, "force", false, "overwrite the file that is there")
	f.BoolVar(&o.json, "json", false, "as JSON on standard output")
	return c
}

// initResult is what init --json prints. Its names are a contract.
type initResult struct {
	File      string            `json:"file"`
	Templates []string          `json:"templates"`
	Found     []templates.Found `json:"found,omitempty"`
}

func (a *app) init(o initFlags) error {
	if o.list {
		return a.initList(o.json)
	}
	dir, err := a.start()
	if err != nil {
		return err
	}
	if err := sandbox.CheckProject(dir, a.world.getenv("HOME")); err != nil {
		return err
	}
	result := initResult{File: filepath.Join(dir, ".sandbox.yaml"), Templates: o.templates}
	if len(o.templates) == 0 {
		if result.Templates, result.Found, err = a.pickTemplates(dir, o.force); err != nil {
			return err
		}
	}
	text, err := initText(result.Templates)
	if err != nil {
		return err
	}
	if err := writeConfig(dir, text, o.force); err != nil {
		return err
	}
	if o.json {
		return ui.JSON(a.Out, result)
	}
	a.story.Fact("wrote", ".sandbox.yaml            sandbox up  starts it")
	return nil
}

func (a *app) initList(asJSON bool) error {
	all := templates.List()
	if asJSON {
		return ui.JSON(a.Out, all)
	}
	rows := make([][]string, 0, len(all))
	for _, t := range all {
		rows = append(rows, []string{t.Name, t.Summary})
	}
	return ui.Table(a.Out, []string{"NAME", "SUMMARY"}, rows)
}

// pickTemplates looks at the project's files and says why.
func (a *app) pickTemplates(dir string, force bool) ([]string, []templates.Found, error) {
	for _, name := range []string{".devcontainer/devcontainer.json", ".devcontainer.json"} {
		if _, err := os.Lstat(filepath.Join(dir, name)); err == nil && !force {
			return nil, nil, &devcontainerError{name}
		}
	}
	found := templates.Detect(os.DirFS(dir))
	if len(found) == 0 {
		a.story.Fact("detected", "nothing that is known: debian, with what a build usually needs")
		return []string{"debian"}, nil, nil
	}
	var names []string
	for _, f := range found {
		a.story.Fact("detected", f.Template+" ("+f.Because+")")
		names = append(names, f.Template)
	}
	return withoutNodeBesideWeb(names), found, nil
}

// withoutNodeBesideWeb: web has all that node has.
func withoutNodeBesideWeb(names []string) []string {
	web := strings.Contains(" "+strings.Join(names, " ")+" ", " web ")
	var out []string
	for _, name := range names {
		if name != "node" || !web {
			out = append(out, name)
		}
	}
	return out
}

// devcontainerError: the project describes its environment already, in another way.
type devcontainerError struct{ file string }

func (e *devcontainerError) Error() string {
	return "this project has " + e.file + ", which describes its environment already"
}

// existsError: there is a configuration.
type existsError struct{ file string }

func (e *existsError) Error() string { return e.file + " is there already" }

func initText(names []string) (string, error) {
	for _, name := range names {
		if _, ok := templates.Text(name); ok && !strings.Contains(name, "/") {
			continue
		}
		u := usagef("no template %q", name)
		var known []string
		for _, t := range templates.List() {
			known = append(known, t.Name)
		}
		if u.paste = "sandbox init --list"; nearest(name, known) != "" {
			u.paste = "sandbox init --template " + nearest(name, known)
		}
		return "", u
	}
	text, err := templates.Compose(names)
	if err != nil {
		return "", usagef("%v", err)
	}
	return text, nil
}

// writeConfig makes the file, whole or not at all, and follows no link.
func writeConfig(dir, text string, force bool) error {
	path := filepath.Join(dir, ".sandbox.yaml")
	f, err := os.CreateTemp(dir, ".sandbox.yaml-")
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	err = errors.Join(err, f.Chmod(0o644), f.Close())
	switch {
	case err != nil:
	case force:
		if err = os.Rename(f.Name(), path); err == nil {
			return nil
		}
	default:
		if err = os.Link(f.Name(), path); errors.Is(err, fs.ErrExist) {
			err = &existsError{".sandbox.yaml"}
		}
	}
	if err != nil {
		err = fmt.Errorf("write %s: %w", path, err)
	}
	return errors.Join(err, os.Remove(f.Name()))
}
