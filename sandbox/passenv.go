package sandbox

import (
	"errors"
	"io/fs"
	"os"
	"strings"

	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

// Variables that pass by name have the value of the moment at which a command
// starts. Only the names are kept: in the sandbox's state, and for exec, which
// reads no state, in a file of the runtime directory.

// byName gives the variables of names that are set in env.
func byName(names, env []string) []string {
	var out []string
	for _, name := range names {
		for _, kv := range env {
			if strings.HasPrefix(kv, name+"=") {
				out = append(out, kv)
			}
		}
	}
	return out
}

// keepPassed writes the names of a sandbox down for exec.
func (e *Engine) keepPassed(s spec.Spec) error {
	path := e.store.Sandbox(s.ID).PassEnv()
	if len(s.PassEnv) > 0 {
		return os.WriteFile(path, []byte(strings.Join(s.PassEnv, "\n")), 0o600)
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// withPassed puts what passes by name under the command's own variables.
func (e *Engine) withPassed(id string, c spec.Command) (spec.Command, error) {
	b, err := os.ReadFile(e.store.Sandbox(id).PassEnv())
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return c, nil
	case err != nil:
		return c, err
	}
	return underPassed(strings.Split(string(b), "\n"), c), nil
}

func underPassed(names []string, c spec.Command) spec.Command {
	if own := byName(names, os.Environ()); len(own) > 0 {
		c.Env = append(own, c.Env...)
	}
	return c
}

// passDegradations tells which variables commands will lack: those that are set
// neither here nor by the configuration.
func passDegradations(s spec.Spec, env []string) []spec.Degradation {
	var out []spec.Degradation
	for _, name := range s.PassEnv {
		if one := []string{name}; len(byName(one, env))+len(byName(one, s.Env)) == 0 {
			out = append(out, spec.Degradation{What: "pass_env", Why: name + " is not set here: commands do not have it"})
		}
	}
	return out
}
