package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rootless-sandbox/sandbox/cmd/internal/ui"
	"github.com/rootless-sandbox/sandbox/config"
	"github.com/rootless-sandbox/sandbox/sandbox"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

type buildFlags struct {
	file     string
	tags     []string
	target   string
	args     []string
	contexts []string
	secrets  []string
	ssh      []string
	allow    []string
	noCache  bool
	pull     bool
	progress string
	trust    bool
}

func newCmdBuild(a *app) *cobra.Command {
	var o buildFlags
	c := &cobra.Command{
		Use:   "build [flags] [CONTEXT]",
		Short: "make an image of a Dockerfile",
		Long: `Makes an image of a Dockerfile, without root and without a daemon: each RUN is a
command in a sandbox, as root inside. Without a CONTEXT it is that of the project's
configuration (build), or else the working directory. Steps whose instructions and
files are the same as before are not done again. The image's name is printed.`,
		Example: `  sandbox build -t me/tool:dev .
  sandbox build --target test --build-arg VERSION=2 --progress plain
  sandbox build -f docker/Dockerfile --secret id=npm,src=$HOME/.npmrc .`,
		Args: atMost(1),
		RunE: func(c *cobra.Command, args []string) error { return a.build(c.Context(), o, args) },
	}
	f := c.Flags()
	f.SortFlags = false
	f.StringVarP(&o.file, "file", "f", "", "the Dockerfile `FILE`, or - for standard input (default: CONTEXT/Dockerfile)")
	f.StringArrayVarP(&o.tags, "tag", "t", nil, "a `NAME[:TAG]` for the image; several are allowed")
	f.StringVar(&o.target, "target", "", "the `STAGE` to build (default: the last one)")
	f.StringArrayVar(&o.args, "build-arg", nil, "a value for an ARG: `KEY=VALUE`, or KEY for that of your environment")
	f.StringArrayVar(&o.contexts, "build-context", nil, "a source for FROM and COPY --from: `NAME=DIR`, or NAME=IMAGE")
	f.StringArrayVar(&o.secrets, "secret", nil, "what RUN --mount=type=secret reads: `id=NAME,src=FILE` or id=NAME,env=VARIABLE")
	f.StringArrayVar(&o.ssh, "ssh", nil, "an ssh agent for RUN --mount=type=ssh: `default`, or ID=SOCKET")
	f.StringArrayVar(&o.allow, "allow", nil, "give what a RUN or an ADD asks for: `network.host`")
	f.BoolVar(&o.noCache, "no-cache", false, "do every step anew")
	f.BoolVar(&o.pull, "pull", false, "look for the base images anew")
	f.StringVar(&o.progress, "progress", "auto", "how to show it: `plain|tty|quiet`")
	f.BoolVar(&o.trust, "trust", false, "accept what the project's files ask of this host")
	return c
}

func newCmdImageBuild(a *app) *cobra.Command {
	c := newCmdBuild(a)
	c.Long += "\n\nThe same as sandbox build."
	c.Example = strings.ReplaceAll(c.Example, "sandbox build", "sandbox image build")
	return c
}

func (a *app) build(ctx context.Context, o buildFlags, words []string) error {
	if err := a.showSteps(o.progress); err != nil {
		return err
	}
	p, err := a.project()
	if err != nil {
		return err
	}
	s, _, err := a.plan(p, nil, sandbox.Request{Anywhere: true, Trust: o.trust})
	if err != nil {
		return err
	}
	b, err := a.buildOf(o, words, s)
	if err != nil {
		return err
	}
	s.Image = sandbox.BuiltImage(s.Image, b)
	engine, err := a.backend.images()
	if err != nil {
		return err
	}
	a.story.Cached = true
	ctx, stop := interruptible(ctx)
	defer stop()
	info, err := engine.BuildImage(ctx, s, a.story.Event)
	a.story.EndSteps()
	if err != nil {
		return because(ctx, err)
	}
	names := o.tags
	if len(names) == 0 {
		names = []string{info.Name}
	}
	for _, name := range names {
		if _, err := fmt.Fprintln(a.Out, ui.Clean(name)+"@"+info.Digest); err != nil {
			return err
		}
	}
	return nil
}

// showSteps decides how the steps of a build are told.
func (a *app) showSteps(how string) error {
	switch how {
	case "auto", "":
	case "plain":
		a.story.Moving = false
	case "tty":
		a.story.Moving = true
	case "quiet":
		a.story.Quiet = true
	default:
		return usagef("--progress %q: plain, tty or quiet", how)
	}
	return nil
}

// buildOf is what the words and flags ask for, on top of the project's own build.
func (a *app) buildOf(o buildFlags, words []string, s spec.Spec) (spec.Build, error) {
	b := spec.Build{}
	if s.Image.Build != nil && len(words) == 0 && o.file == "" {
		b = *s.Image.Build
	} else if err := a.buildFiles(&b, o, words); err != nil {
		return b, err
	}
	if o.target != "" {
		b.Target = o.target
	}
	b.NoCache, b.Pull = o.noCache, o.pull
	var err error
	if b.Args, err = a.buildArgs(b.Args, o.args); err != nil {
		return b, err
	}
	if b.Contexts, err = a.buildContexts(o.contexts); err != nil {
		return b, err
	}
	for _, word := range o.secrets {
		secret, err := a.buildSecret(word)
		if err != nil {
			return b, err
		}
		b.Secrets = append(b.Secrets, secret)
	}
	if b.SSH, err = a.buildSSH(o.ssh); err != nil {
		return b, err
	}
	for _, word := range o.allow {
		if word != "network.host" {
			return b, usagef("--allow %q: network.host is all that can be given", word)
		}
		b.HostNetwork = true
	}
	for _, tag := range o.tags {
		i := config.ParseImage(tag)
		if i.Scheme != "docker" || strings.ContainsAny(tag, " @") || tag == "" {
			return b, usagef("--tag %q: expected NAME or NAME:TAG", tag)
		}
		b.Tags = append(b.Tags, imageName(tag))
	}
	return b, nil
}

// buildFiles finds the context and the Dockerfile. The default one is the
// repository's: a link of it does not lead out.
func (a *app) buildFiles(b *spec.Build, o buildFlags, words []string) error {
	cwd, err := a.cwd()
	if err != nil {
		return err
	}
	b.Context = cwd
	if len(words) > 0 {
		b.Context = absolute(cwd, words[0])
	}
	if b.Context, err = filepath.EvalSymlinks(b.Context); err != nil {
		return &sandbox.DockerfileError{Err: fmt.Errorf("context: %w", err)}
	}
	if st, err := os.Stat(b.Context); err != nil || !st.IsDir() {
		return &sandbox.DockerfileError{Err: fmt.Errorf("context %s: not a directory", b.Context)}
	}
	switch o.file {
	case "-":
		if err := sandbox.CanBuild(); err != nil {
			return err // what is read here the whole program would miss
		}
		text, err := io.ReadAll(io.LimitReader(a.In, 1<<20+1))
		b.Text = string(text)
		return err
	case "":
		return defaultDockerfile(b)
	}
	if b.Dockerfile, err = filepath.EvalSymlinks(absolute(cwd, o.file)); err != nil {
		return &sandbox.DockerfileError{Err: fmt.Errorf("dockerfile: %w", err)}
	}
	return nil
}

func defaultDockerfile(b *spec.Build) error {
	written := filepath.Join(b.Context, "Dockerfile")
	if _, err := os.Lstat(written); err != nil {
		if other := filepath.Join(b.Context, "Containerfile"); exists(other) {
			written = other
		}
	}
	real, err := filepath.EvalSymlinks(written)
	if err != nil {
		return &sandbox.DockerfileError{Err: fmt.Errorf("dockerfile: %w", err)}
	}
	if !strings.HasPrefix(real, strings.TrimSuffix(b.Context, "/")+"/") {
		return &sandbox.DockerfileError{Err: fmt.Errorf("%s is a link that leads out of the context, to %s; name that by -f", written, real)}
	}
	b.Dockerfile = real
	return nil
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

func absolute(cwd, path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(cwd, path)
}

func (a *app) buildArgs(have map[string]string, words []string) (map[string]string, error) {
	out := map[string]string{}
	for key, value := range have {
		out[key] = value
	}
	for _, word := range words {
		key, value, given := strings.Cut(word, "=")
		if key == "" {
			return nil, usagef("--build-arg %q: expected KEY=VALUE", word)
		}
		if !given {
			at := slices.IndexFunc(a.world.environ(), func(kv string) bool { return strings.HasPrefix(kv, key+"=") })
			if at < 0 {
				continue // as if nothing was said, as docker has it
			}
			_, value, _ = strings.Cut(a.world.environ()[at], "=")
		}
		out[key] = value
	}
	return out, nil
}

func (a *app) buildContexts(words []string) (map[string]string, error) {
	cwd, err := a.cwd()
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	for _, word := range words {
		name, value, ok := strings.Cut(word, "=")
		if !ok || name == "" || value == "" {
			return nil, usagef("--build-context %q: expected NAME=DIR or NAME=IMAGE", word)
		}
		if ref, ok := strings.CutPrefix(value, "docker-image://"); ok {
			out[name] = ref
			continue
		}
		if ref, ok := strings.CutPrefix(value, "oci-layout://"); ok {
			value = "oci:" + ref
		}
		if i := config.ParseImage(value); i.IsPath() {
			out[name] = strings.TrimSuffix(i.Scheme+":"+absolute(cwd, i.Rest)+":"+i.Tag, ":")
			continue
		}
		if st, err := os.Stat(absolute(cwd, value)); err != nil || !st.IsDir() {
			out[name] = value
			continue
		}
		if out[name], err = filepath.EvalSymlinks(absolute(cwd, value)); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// buildSecret reads id=NAME,src=FILE and its other spellings.
func (a *app) buildSecret(word string) (spec.Secret, error) {
	cwd, err := a.cwd()
	if err != nil {
		return spec.Secret{}, err
	}
	s := spec.Secret{}
	kind, source := "", ""
	for part := range strings.SplitSeq(word, ",") {
		key, value, _ := strings.Cut(part, "=")
		switch key {
		case "id":
			s.Name = value
		case "src", "source":
			source = value
		case "env":
			s.Env = value
		case "type":
			kind = value
		default:
			return s, usagef("--secret %q: expected id=NAME,src=FILE or id=NAME,env=VARIABLE", word)
		}
	}
	switch {
	case s.Name == "":
		return s, usagef("--secret %q: it needs an id", word)
	case kind == "env" && s.Env == "":
		s.Env = source
	case source != "":
		s.File = absolute(cwd, source)
	}
	if s.Env == "" && s.File == "" {
		s.Env = s.Name
	}
	return s, nil
}

func (a *app) buildSSH(words []string) (map[string]string, error) {
	out := map[string]string{}
	for _, word := range words {
		id, socket, given := strings.Cut(word, "=")
		if !given {
			socket = a.world.getenv("SSH_AUTH_SOCK")
		}
		if st, err := os.Stat(socket); err != nil || st.Mode().Type() != os.ModeSocket {
			return nil, usagef("--ssh %s: %q is not the socket of an agent", word, socket)
		}
		out[id] = socket
	}
	return out, nil
}
