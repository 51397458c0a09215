package sandbox

import (
	"fmt"
	"path/filepath"

	"github.com/rootless-sandbox/sandbox/config"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

// planMounts resolves the paths of the configured mounts: sources on the host,
// targets inside, where ~ is the home of the sandbox's user.
func planMounts(mounts []config.Mount, project, hostHome, home string) ([]spec.Mount, error) {
	var out []spec.Mount
	for i, m := range mounts {
		size, err := config.ParseSize(m.Size)
		if err != nil {
			return nil, fmt.Errorf("mounts[%d].size: %w", i, err)
		}
		p := spec.Mount{Type: m.Type, Source: m.Source, ReadOnly: m.ReadOnly, Size: size}
		if p.Type == "" {
			p.Type = "bind"
		}
		if p.Type == "bind" {
			p.Source, p.Exact = config.Expand(m.Source, hostHome, project), true
		}
		p.Target = filepath.Clean(config.Expand(m.Target, home, "/"))
		if err := checkTarget(p.Target); err != nil {
			return nil, fmt.Errorf("mounts[%d].target: %w", i, err)
		}
		out = append(out, p)
	}
	return out, nil
}

// checkTarget refuses places that the sandbox itself needs.
func checkTarget(target string) error {
	switch top := firstPart(target); top {
	case "/", "/proc", "/sys", "/dev":
		return &TargetError{target}
	}
	return nil
}

// TargetError: nothing may be mounted there.
type TargetError struct{ Target string }

func (e *TargetError) Error() string { return e.Target + " belongs to the sandbox itself" }

func firstPart(path string) string {
	for filepath.Dir(path) != "/" && filepath.Dir(path) != "." {
		path = filepath.Dir(path)
	}
	return path
}
