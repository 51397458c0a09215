package dockerfile

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/moby/buildkit/frontend/dockerfile/shell"
	v1 "github.com/opencontainers/image-spec/specs-go/v1"
)

// defaultPath is the search path of an image that has none.
const defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// Resolve turns the instructions of a stage into steps, on top of what the base
// is configured to. It may be called once for each stage of a plan. Errors are *Error.
func (s *Stage) Resolve(base Config) (Result, error) {
	r := &resolver{stage: s, scope: scope{lex: shell.NewLex(s.file.escape), args: map[string]string{}}, proxy: map[string]string{}}
	r.Config = base
	r.Config.Config.OnBuild = nil
	r.Config.Config.Labels = cloneMap(base.Config.Labels)
	if !hasKey(r.Config.Config.Env, "PATH") {
		r.Config.Config.Env = append(slices.Clip(r.Config.Config.Env), "PATH="+defaultPath)
	}
	r.env = r.Config.Config.Env
	for key, value := range s.options.Args {
		if predefined(key) {
			r.proxy[key] = value
		}
	}
	if err := r.onBuild(base.Config.OnBuild); err != nil {
		return Result{}, err
	}
	for _, c := range s.commands {
		if err := r.one(c); err != nil {
			return Result{}, s.file.at(c.Location(), err)
		}
	}
	for i := range r.Steps {
		r.Steps[i].Number, r.Steps[i].Of = i+2, len(r.Steps)+1
	}
	return r.Result, nil
}

// resolver is a stage on its way.
type resolver struct {
	Result
	scope
	stage *Stage
	proxy map[string]string
	cmd   bool // CMD was set in this stage: an ENTRYPOINT does not take it away
}

// onBuild carries out what the base image left for those that build on it.
func (r *resolver) onBuild(triggers []string) error {
	for _, text := range triggers {
		parsed, err := parser.Parse(strings.NewReader(text))
		if err != nil || len(parsed.AST.Children) != 1 {
			return r.trigger(text, errors.Join(err, errors.New("not one instruction")))
		}
		c, err := instructions.ParseCommand(parsed.AST.Children[0])
		if err != nil {
			return r.trigger(text, err)
		}
		for _, from := range sourcesOf(c) {
			if source, err := r.stage.file.source(from, r.stage.options.Contexts); err != nil || source.Kind == SourceStage {
				return r.trigger(text, errors.New("an ONBUILD cannot know the stages of this file"))
			}
		}
		if err := r.one(c); err != nil {
			return r.trigger(text, err)
		}
		for i := range r.Steps {
			if r.Steps[i].Line > 0 && r.Steps[i].Line < r.stage.Line || r.Steps[i].Line == 1 {
				r.Steps[i].Line, r.Steps[i].End = r.stage.Line, r.stage.End
			}
		}
	}
	return nil
}

func (r *resolver) trigger(text string, err error) error {
	return &Error{File: r.stage.file.Name, Line: r.stage.Line, End: r.stage.End, Err: fmt.Errorf("ONBUILD %s of the base image: %w", printable(text), err)}
}

// one carries out one instruction.
func (r *resolver) one(c instructions.Command) error {
	if err := r.expand(c); err != nil {
		return err
	}
	switch c := c.(type) {
	case *instructions.RunCommand:
		return r.run(c)
	case *instructions.CopyCommand:
		return r.copyFiles(c)
	case *instructions.AddCommand:
		return r.add(c)
	case *instructions.WorkdirCommand:
		return r.workdir(c)
	case *instructions.ArgCommand:
		return r.arg(c)
	}
	return r.metadata(c)
}

// step adds one that changes files.
func (r *resolver) step(c instructions.Command, s Step) {
	s.Line, s.End = lines(c.Location())
	s.Text = oneLine(s.Text)
	r.Steps = append(r.Steps, s)
	r.History = append(r.History, v1.History{CreatedBy: s.Created})
}

// empty adds an entry of the history that has no layer.
func (r *resolver) empty(text string) {
	r.History = append(r.History, v1.History{CreatedBy: text, EmptyLayer: true})
}

func (r *resolver) workdir(c *instructions.WorkdirCommand) error {
	if c.Path == "" {
		return errors.New("WORKDIR of nothing: a variable without a value")
	}
	dir := r.absolute(c.Path)
	r.Config.Config.WorkingDir = dir
	if dir == "/" {
		r.empty("WORKDIR /")
		return nil
	}
	r.step(c, Step{Dir: dir, DirOwner: r.Config.Config.User, Text: "WORKDIR " + c.Path, Created: "WORKDIR " + dir})
	return nil
}

// absolute is a path in the image.
func (r *resolver) absolute(p string) string {
	if !path.IsAbs(p) {
		p = path.Join("/", r.Config.Config.WorkingDir, p)
	}
	return path.Clean(p)
}

func (r *resolver) arg(c *instructions.ArgCommand) error {
	for _, a := range c.Args {
		value, given := r.stage.options.Args[a.Key]
		if !given && a.Value != nil {
			value, given = *a.Value, true
		}
		if !given {
			value, given = r.stage.declared[a.Key]
		}
		if a.Key == "TARGETSTAGE" && a.Value == nil {
			value, given = r.stage.Name, true
		}
		if given {
			r.args[a.Key] = value
		}
		delete(r.proxy, a.Key)
		r.empty("ARG " + a.String())
	}
	return nil
}

// arguments are the declared ones as variables, those of the image excepted.
func (r *resolver) arguments() []string {
	var out []string
	for key, value := range r.args {
		if !hasKey(r.env, key) {
			out = append(out, key+"="+value)
		}
	}
	slices.Sort(out)
	return out
}

func hasKey(env []string, key string) bool {
	return slices.ContainsFunc(env, func(kv string) bool { return strings.HasPrefix(kv, key+"=") })
}

// oneLine is a text for a line of output.
func oneLine(s string) string {
	return printable(strings.Join(strings.Fields(s), " "))
}
