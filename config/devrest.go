package config

import (
	"encoding/json"
	"path/filepath"
)

// rest are the properties that are kept, or that lose something.
func (m *devMapper) rest() {
	f := m.f
	m.dev.Requirements, m.dev.Secrets = f.HostRequirements, f.Secrets
	if len(f.Customizations) > 0 {
		m.dev.Custom = append(m.dev.Custom, json.RawMessage(f.Customizations))
	}
	if g := f.HostRequirements.GPU; g.Wanted && (!g.Optional || hasGPU()) {
		m.set("gpu", "hostRequirements.gpu", "true")
	}
	if f.Has("overrideCommand") {
		m.dev.override = &f.OverrideCommand
	}
	m.dev.runsAs = f.ContainerUser
	if f.ShutdownAction == "stopCompose" && m.composed == nil {
		m.warn("shutdownAction", "there is no composition of containers to stop")
	}
	if (f.Has("service") || f.Has("runServices")) && m.composed == nil {
		m.warn("service", "without dockerComposeFile it has no meaning")
	}
	for _, name := range []string{"extensions", "settings", "devPort"} {
		if f.Has(name) {
			m.warn(name, "of an editor, from before there was customizations: it does nothing here")
		}
	}
}

// hasGPU looks for graphics devices: one that is optional is asked for where there is one.
func hasGPU() bool {
	for _, pattern := range []string{"/dev/dri/renderD*", "/dev/kfd", "/dev/nvidia[0-9]*"} {
		if found, err := filepath.Glob(pattern); err == nil && len(found) > 0 {
			return true
		}
	}
	return false
}
