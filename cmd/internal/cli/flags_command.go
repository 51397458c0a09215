package cli

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/pflag"

	"github.com/rootless-sandbox/sandbox/cmd/internal/ui"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

// commandFlags say how a command runs inside. exec and run share them.
type commandFlags struct {
	user  string
	root  bool
	dir   string
	env   []string
	tty   bool
	noTTY bool
}

func (o *commandFlags) add(f *pflag.FlagSet) {
	f.SortFlags = false
	f.SetInterspersed(false) // after the first word everything is the command's
	f.StringVarP(&o.user, "user", "u", "", "run as `USER`: a name or an id inside, optionally :GROUP")
	f.BoolVar(&o.root, "root", false, "run as user 0 inside")
	f.StringVarP(&o.dir, "workdir", "w", "", "run in `DIR`; a relative one starts at the project")
	f.StringArrayVarP(&o.env, "env", "e", nil, "set `KEY=VALUE`, or KEY with the value it has here")
	f.BoolVarP(&o.tty, "tty", "t", false, "give it a terminal (default: when input and output are one)")
	f.BoolVarP(&o.noTTY, "no-tty", "T", false, "give it no terminal")
}

// command makes a Command of the flags and the words. Dir is left as the user
// wrote it.
func (o *commandFlags) command(a *app, args []string) (spec.Command, error) {
	switch {
	case o.root && o.user != "":
		return spec.Command{}, usagef("--root and --user exclude each other")
	case o.tty && o.noTTY:
		return spec.Command{}, usagef("--tty and --no-tty exclude each other")
	case o.tty && !ui.IsTerminal(a.In):
		return spec.Command{}, usagef("--tty: standard input is not a terminal")
	}
	env, err := environment(o.env, a.world.environ())
	if err != nil {
		return spec.Command{}, err
	}
	return spec.Command{
		Args: args, Env: env, Dir: o.dir, User: o.user, Root: o.root,
		TTY: o.tty || !o.noTTY && a.Interactive(),
	}, nil
}

// environment resolves KEY=VALUE and KEY. A KEY that is not set on the host
// stays unset inside, as docker does it.
func environment(words, host []string) ([]string, error) {
	var env []string
	for _, word := range words {
		key, _, valued := strings.Cut(word, "=")
		if key == "" {
			return nil, usagef("--env %q: no name before the =", word)
		}
		if valued {
			env = append(env, word)
			continue
		}
		for _, kv := range host {
			if strings.HasPrefix(kv, key+"=") {
				env = append(env, kv)
			}
		}
	}
	return env, nil
}

// directory decides where a command runs. The directory that the user stands
// in has a place inside when it belongs to the project. target, the project's
// place inside, is asked for only when it matters.
func (a *app) directory(asked, project string, target func() (string, error)) (string, error) {
	if filepath.IsAbs(asked) {
		return filepath.Clean(asked), nil
	}
	if asked == "" {
		below, err := a.below(project)
		if err != nil || below == "." {
			return "", err
		}
		asked = below
	}
	place, err := target()
	if err != nil {
		return "", err
	}
	return filepath.Join(place, asked), nil
}

// below is the working directory relative to the project, "." when it is the
// project or lies elsewhere. With --project the working directory says nothing.
func (a *app) below(project string) (string, error) {
	if a.flags.project != "" {
		return ".", nil
	}
	start, err := a.start()
	if err != nil {
		return "", fmt.Errorf("place in the project: %w", err)
	}
	rel, err := filepath.Rel(project, start)
	if err != nil || !filepath.IsLocal(rel) {
		return ".", nil
	}
	return rel, nil
}
