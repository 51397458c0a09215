package dockerfile

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
)

// run is a RUN in any of its forms.
func (r *resolver) run(c *instructions.RunCommand) error {
	if err := refused(c); err != nil { // once more: it may come of an ONBUILD
		return err
	}
	run := &Run{
		Env: append(slices.Clone(r.Config.Config.Env), r.arguments()...), Dir: r.absolute("."),
		User: r.Config.Config.User, Network: instructions.GetNetwork(c),
	}
	if run.Network == instructions.NetworkDefault {
		run.Network = ""
	}
	for key, value := range r.proxy {
		run.Proxy = append(run.Proxy, key+"="+value)
	}
	slices.Sort(run.Proxy)
	if err := r.command(c, run); err != nil {
		return err
	}
	for _, m := range instructions.GetMounts(c) {
		mount, err := r.mount(*m)
		if err != nil {
			return fmt.Errorf("RUN --mount: %w", err)
		}
		run.Mounts = append(run.Mounts, mount)
	}
	created := "RUN "
	if args := r.arguments(); len(args) > 0 {
		created += fmt.Sprintf("|%d %s ", len(args), strings.Join(args, " "))
	}
	r.step(c, Step{Run: run, Text: text(c), Created: created + strings.Join(run.Args, " ") + " # buildkit"})
	return nil
}

// refused is what is clear without knowing anything else.
func refused(c instructions.Command) error {
	switch c := c.(type) {
	case *instructions.RunCommand:
		if instructions.GetSecurity(c) != instructions.SecuritySandbox {
			return errors.New("RUN --security=insecure: commands of a build never get more rights")
		}
		if slices.Contains(c.FlagsUsed, "device") {
			return errors.New("RUN --device: commands of a build get no devices")
		}
	}
	return nil
}

// command finds what is executed. A here-document alone is a script: one that
// begins with #! is a file of its own, any other is for the shell, which need not know here-documents.
func (r *resolver) command(c *instructions.RunCommand, run *Run) error {
	args := c.CmdLine
	if len(c.Files) > 0 {
		if len(args) != 1 || !c.PrependShell {
			return errors.New("a here-document does not go with a list of words")
		}
		first := c.Files[0]
		data := first.Data
		if first.Chomp {
			data = parser.ChompHeredocContent(data)
		}
		alone, _ := parser.ParseHeredoc(args[0])
		switch {
		case alone != nil && strings.HasPrefix(first.Data, "#!"):
			run.Script, run.ScriptName = data, path.Base("/"+first.Name)
			run.Args = []string{ScriptDir + "/" + run.ScriptName}
			return nil
		case alone != nil:
			args = []string{data}
		default:
			whole := args[0]
			for _, f := range c.Files {
				whole += "\n" + f.Data + f.Name
			}
			args = []string{whole}
		}
	}
	run.Args = r.shellForm(instructions.ShellDependantCmdLine{CmdLine: args, PrependShell: c.PrependShell})
	if len(run.Args) == 0 {
		return errors.New("RUN of nothing")
	}
	return nil
}

// text is the instruction as it stands in the file.
func text(c instructions.Command) string {
	if s, ok := c.(fmt.Stringer); ok {
		return s.String()
	}
	return strings.ToUpper(c.Name())
}

// mount checks and completes one, as BuildKit does.
func (r *resolver) mount(m instructions.Mount) (Mount, error) {
	out := Mount{
		Type: string(m.Type), Target: m.Target, ReadOnly: m.ReadOnly, Size: m.SizeLimit, ID: m.CacheID,
		Sharing: string(m.CacheSharing), Required: m.Required,
		Mode: uint32(value(m.Mode)), UID: int(value(m.UID)), GID: int(value(m.GID)),
	}
	var err error
	switch m.Type {
	case instructions.MountTypeBind:
		out.From = Source{Kind: SourceContext}
		if m.From != "" {
			out.From, err = r.stage.file.source(m.From, r.stage.options.Contexts)
		}
		out.Path = path.Join("/", m.Source)
	case instructions.MountTypeCache:
		if m.From != "" { // what it begins with
			out.Path = path.Join("/", m.Source)
			out.From, err = r.stage.file.source(m.From, r.stage.options.Contexts)
		}
		if m.Mode == nil {
			out.Mode = 0o755
		}
	case instructions.MountTypeSecret:
		return secretMount(m, out)
	case instructions.MountTypeSSH:
		if out.ID == "" {
			out.ID = "default"
		}
		if out.Target == "" {
			out.Target = "/run/buildkit/ssh_agent.0"
		}
		return out, nil
	}
	if err != nil {
		return out, err
	}
	out.Target = r.absolute(m.Target) // of none that is WORKDIR
	if out.Target == "/" {
		return out, fmt.Errorf("type=%s: nothing can be mounted on /", m.Type)
	}
	if m.Type == instructions.MountTypeCache && out.ID == "" {
		out.ID = out.Target
	}
	return out, nil
}

func secretMount(m instructions.Mount, out Mount) (Mount, error) {
	if out.ID == "" {
		out.ID = m.Source
	}
	if out.ID == "" {
		out.ID = path.Base(m.Target)
	}
	if m.Env != nil {
		out.Env = *m.Env
		if out.Env == "" {
			out.Env = out.ID
		}
		if strings.ContainsAny(out.Env, "=\x00") {
			return out, errors.New("env: not the name of a variable")
		}
	}
	if m.Target == "" && m.Env == nil {
		out.Target = "/run/secrets/" + path.Base("/"+out.ID)
	}
	if out.Target != "" && !path.IsAbs(out.Target) {
		return out, fmt.Errorf("target %s is not absolute", printable(out.Target))
	}
	if m.Mode == nil {
		out.Mode = 0o400
	}
	return out, nil
}

func value(n *uint64) uint64 {
	if n == nil {
		return 0
	}
	return *n
}
