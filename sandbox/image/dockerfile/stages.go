package dockerfile

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/moby/buildkit/frontend/dockerfile/shell"
)

// Options modify Plan.
type Options struct {
	Target string            // a stage; empty: the last one
	Args   map[string]string // values for ARG
	// Arch is the processor that is built for and on, in Go's words.
	Arch string
	// Contexts are names that mean a source of files of their own, before stages and images.
	Contexts []string
}

// Source kinds.
const (
	SourceContext = "context" // the files beside the Dockerfile
	SourceStage   = "stage"
	SourceImage   = "image"
	SourceNamed   = "named" // one of Options.Contexts
	SourceScratch = "scratch"
)

// Source is where a root file system or copied files come from.
type Source struct {
	Kind  string `json:"kind"`
	Stage int    `json:"-"` // what it holds is part of a key by its own key
	Ref   string `json:"-"` // of an image, or the name
}

// Stage is one FROM and what follows it.
type Stage struct {
	Index     int
	Name      string // as written, or stage-N
	Base      Source
	Line, End int
	Text      string // the FROM, for people
	Needs     []int  // stages whose files it takes, in order

	file     *File
	commands []instructions.Command
	options  Options
	declared map[string]string // the arguments before the first FROM
}

// Plan is what a build with some options needs.
type Plan struct {
	File   *File
	Stages []*Stage // those needed, each behind those that it needs
	Target *Stage
	// Unused names the arguments that no ARG asks for.
	Unused []string
}

// Plan finds the stages that the target needs. Errors are *Error.
func (f *File) Plan(o Options) (*Plan, error) {
	meta, err := f.global(o)
	if err != nil {
		return nil, err
	}
	target, err := f.target(o.Target)
	if err != nil {
		return nil, err
	}
	p := &planner{file: f, options: o, declared: meta, state: make([]visit, len(f.stages)), made: make([]*Stage, len(f.stages))}
	if err := p.visit(target, nil); err != nil {
		return nil, err
	}
	return &Plan{File: f, Stages: p.order, Target: p.made[target], Unused: f.unused(o.Args)}, nil
}

// global gives the arguments before the first FROM their values.
func (f *File) global(o Options) (map[string]string, error) {
	s := &scope{lex: shell.NewLex(f.escape), args: platformArgs(o)}
	for _, c := range f.args {
		for _, a := range c.Args {
			value, given := o.Args[a.Key]
			if !given && a.Value != nil {
				var err error
				if value, err = s.word(*a.Value); err != nil {
					return nil, f.at(c.Location(), err)
				}
				given = true
			}
			if given {
				s.args[a.Key] = value
			}
		}
	}
	return s.args, nil
}

// platformArgs are there without being given.
func platformArgs(o Options) map[string]string {
	target := o.Target
	if target == "" {
		target = "default"
	}
	return map[string]string{
		"TARGETPLATFORM": "linux/" + o.Arch, "TARGETOS": "linux", "TARGETARCH": o.Arch, "TARGETVARIANT": "",
		"BUILDPLATFORM": "linux/" + o.Arch, "BUILDOS": "linux", "BUILDARCH": o.Arch, "BUILDVARIANT": "",
		"TARGETSTAGE": target,
	}
}

func (f *File) target(name string) (int, error) {
	if name == "" {
		return len(f.stages) - 1, nil
	}
	if n, ok := f.stage(name, len(f.stages)); ok {
		return n, nil
	}
	return 0, &Error{File: f.Name, Err: fmt.Errorf("no stage %q; there are: %s", printable(name), f.stageNames())}
}

func (f *File) stageNames() string {
	var names []string
	for i, s := range f.stages {
		names = append(names, stageName(i, s))
	}
	if len(names) > 20 {
		names = append(names[:20], "...")
	}
	return strings.Join(names, ", ")
}

func stageName(i int, s instructions.Stage) string {
	if s.Name != "" {
		return printable(s.Name)
	}
	return "stage-" + strconv.Itoa(i)
}

// stage finds one of the first n stages by its name or its number; of several with a name the last.
func (f *File) stage(name string, n int) (int, bool) {
	for i, s := range slices.Backward(f.stages[:n]) {
		if s.Name != "" && strings.EqualFold(s.Name, name) {
			return i, true
		}
	}
	i, err := strconv.Atoi(name)
	return i, err == nil && i >= 0 && i < n
}

func (f *File) unused(args map[string]string) []string {
	asked := map[string]bool{}
	note := func(c instructions.ArgCommand) {
		for _, a := range c.Args {
			asked[a.Key] = true
		}
	}
	for _, c := range f.args {
		note(c)
	}
	for _, s := range f.stages {
		for _, c := range s.Commands {
			if a, ok := c.(*instructions.ArgCommand); ok {
				note(*a)
			}
		}
	}
	var out []string
	for _, key := range slices.Sorted(maps.Keys(args)) {
		if !asked[key] && !predefined(key) {
			out = append(out, key)
		}
	}
	return out
}

type visit int

const (
	unseen visit = iota
	open
	done
)

type planner struct {
	file     *File
	options  Options
	declared map[string]string
	state    []visit
	made     []*Stage
	order    []*Stage
}

// visit goes through the stages that stage n needs, each once.
func (p *planner) visit(n int, from []parser.Range) error {
	written := p.file.stages[n]
	switch p.state[n] {
	case done:
		return nil
	case open:
		return p.file.at(from, fmt.Errorf("stage %s needs itself: a circle of stages", stageName(n, written)))
	}
	p.state[n] = open
	s := &Stage{
		Index: n, Name: stageName(n, written), file: p.file, commands: written.Commands, options: p.options, declared: p.declared,
	}
	s.Line, s.End = lines(written.Location)
	base, err := p.base(n, written)
	if err != nil {
		return p.file.at(written.Location, err)
	}
	s.Base = base
	s.Text = fromText(base, p.file)
	if err := p.need(s, base, written.Location); err != nil {
		return err
	}
	for _, c := range written.Commands {
		if err := refused(c); err != nil {
			return p.file.at(c.Location(), err)
		}
		for _, from := range sourcesOf(c) {
			source, err := p.file.source(from, p.options.Contexts)
			if err == nil {
				err = p.need(s, source, c.Location())
			}
			if err != nil {
				return p.file.at(c.Location(), err)
			}
		}
	}
	p.state[n], p.made[n] = done, s
	p.order = append(p.order, s)
	return nil
}

func (p *planner) need(s *Stage, source Source, at []parser.Range) error {
	if source.Kind != SourceStage || slices.Contains(s.Needs, source.Stage) {
		return nil
	}
	s.Needs = append(s.Needs, source.Stage)
	return p.visit(source.Stage, at)
}

func fromText(base Source, f *File) string {
	switch base.Kind {
	case SourceStage:
		return "FROM " + stageName(base.Stage, f.stages[base.Stage])
	case SourceScratch:
		return "FROM scratch"
	}
	return "FROM " + printable(base.Ref)
}

// base is what a stage begins with.
func (p *planner) base(n int, written instructions.Stage) (Source, error) {
	s := &scope{lex: shell.NewLex(p.file.escape), args: p.declared}
	name, err := s.word(written.BaseName)
	if err != nil {
		return Source{}, err
	}
	if name == "" {
		return Source{}, fmt.Errorf("FROM %s names nothing: an argument without a value", printable(written.BaseName))
	}
	platform, err := s.word(written.Platform)
	if err != nil {
		return Source{}, err
	}
	if err := p.platform(platform); err != nil {
		return Source{}, err
	}
	if slices.Contains(p.options.Contexts, name) {
		return Source{Kind: SourceNamed, Ref: name}, nil
	}
	if i, ok := p.file.named(name, n); ok {
		return Source{Kind: SourceStage, Stage: i}, nil
	}
	if name == "scratch" {
		return Source{Kind: SourceScratch}, nil
	}
	return Source{Kind: SourceImage, Ref: name}, nil
}

// named finds an earlier stage by its name alone: FROM takes no number.
func (f *File) named(name string, n int) (int, bool) {
	for i, s := range slices.Backward(f.stages[:n]) {
		if s.Name != "" && strings.EqualFold(s.Name, name) {
			return i, true
		}
	}
	return 0, false
}

func (p *planner) platform(platform string) error {
	os, arch, _ := strings.Cut(platform, "/")
	arch, _, _ = strings.Cut(arch, "/")
	if arch == "" {
		arch = p.options.Arch
	}
	switch arch { // as the OCI image specification normalises them
	case "x86_64":
		arch = "amd64"
	case "aarch64":
		arch = "arm64"
	}
	if platform == "" || os == "linux" && arch == p.options.Arch {
		return nil
	}
	return fmt.Errorf("--platform=%s: this machine builds for linux/%s alone", printable(platform), p.options.Arch)
}

// source is what --from, or from= of a mount, means in any stage; it may come later in the file.
func (f *File) source(name string, contexts []string) (Source, error) {
	if slices.Contains(contexts, name) {
		return Source{Kind: SourceNamed, Ref: name}, nil
	}
	if i, ok := f.stage(name, len(f.stages)); ok {
		return Source{Kind: SourceStage, Stage: i}, nil
	}
	if _, err := strconv.Atoi(name); err == nil {
		return Source{}, fmt.Errorf("there is no stage %s", name)
	}
	if name == "scratch" {
		return Source{Kind: SourceScratch}, nil
	}
	return Source{Kind: SourceImage, Ref: name}, nil
}

// sourcesOf are the sources that an instruction names.
func sourcesOf(c instructions.Command) []string {
	switch c := c.(type) {
	case *instructions.CopyCommand:
		if c.From != "" {
			return []string{c.From}
		}
	case *instructions.RunCommand:
		var out []string
		for _, m := range instructions.GetMounts(c) {
			if m.From != "" {
				out = append(out, m.From)
			}
		}
		return out
	}
	return nil
}
