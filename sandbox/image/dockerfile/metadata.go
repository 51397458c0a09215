package dockerfile

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
)

// metadata carries out an instruction that changes the configuration alone.
func (r *resolver) metadata(c instructions.Command) error {
	cfg := &r.Config.Config
	switch c := c.(type) {
	case *instructions.EnvCommand:
		for _, kv := range c.Env {
			cfg.Env = setenv(cfg.Env, kv.Key, kv.Value)
		}
		r.env = cfg.Env
		r.empty("ENV " + pairs(c.Env))
	case *instructions.LabelCommand:
		for _, kv := range c.Labels {
			cfg.Labels[kv.Key] = kv.Value
		}
		r.empty("LABEL " + pairs(c.Labels))
	case *instructions.MaintainerCommand:
		r.Config.Author = c.Maintainer
		r.empty("MAINTAINER " + c.Maintainer)
	case *instructions.UserCommand:
		cfg.User = c.User
		r.empty("USER " + c.User)
	case *instructions.CmdCommand:
		cfg.Cmd = r.shellForm(c.ShellDependantCmdLine)
		cfg.ArgsEscaped = false //nolint:staticcheck // of Windows alone; an old base may have it
		r.cmd = true
		r.empty(fmt.Sprintf("CMD %q", cfg.Cmd))
	case *instructions.EntrypointCommand:
		cfg.Entrypoint = r.shellForm(c.ShellDependantCmdLine)
		if !r.cmd {
			cfg.Cmd = nil // the base's belongs to the base's entry point
		}
		r.empty(fmt.Sprintf("ENTRYPOINT %q", cfg.Entrypoint))
	case *instructions.ShellCommand:
		cfg.Shell = c.Shell
		r.empty(fmt.Sprintf("SHELL %q", c.Shell))
	case *instructions.HealthCheckCommand:
		cfg.Healthcheck = c.Health
		r.empty(fmt.Sprintf("HEALTHCHECK %q", c.Health.Test))
	case *instructions.StopSignalCommand:
		cfg.StopSignal = c.Signal
		r.empty("STOPSIGNAL " + c.Signal)
	case *instructions.OnbuildCommand:
		cfg.OnBuild = append(slices.Clip(cfg.OnBuild), c.Expression)
		r.empty("ONBUILD " + c.Expression)
	case *instructions.VolumeCommand:
		return r.volume(c)
	case *instructions.ExposeCommand:
		return r.expose(c)
	default:
		return fmt.Errorf("%s: not known here", strings.ToUpper(c.Name()))
	}
	return nil
}

func (r *resolver) volume(c *instructions.VolumeCommand) error {
	volumes := cloneMap(r.Config.Config.Volumes)
	for _, v := range c.Volumes {
		if strings.TrimSpace(v) == "" {
			return errors.New("VOLUME of nothing: a variable without a value")
		}
		volumes[v] = struct{}{}
	}
	r.Config.Config.Volumes = volumes
	r.empty(fmt.Sprintf("VOLUME %q", c.Volumes))
	return nil
}

// shellForm puts the shell in front of what is no list.
func (r *resolver) shellForm(c instructions.ShellDependantCmdLine) []string {
	if !c.PrependShell {
		return c.CmdLine
	}
	return append(slices.Clone(r.shell()), strings.Join(c.CmdLine, " "))
}

func (r *resolver) shell() []string {
	if s := r.Config.Config.Shell; len(s) > 0 {
		return s
	}
	return []string{"/bin/sh", "-c"}
}

func pairs(list instructions.KeyValuePairs) string {
	out := make([]string, 0, len(list))
	for _, kv := range list {
		out = append(out, kv.String())
	}
	return strings.Join(out, " ")
}

// cloneMap is never nil.
func cloneMap[V any](m map[string]V) map[string]V {
	out := make(map[string]V, len(m))
	maps.Copy(out, m)
	return out
}
