package config

import (
	"strings"

	"github.com/rootless-sandbox/sandbox/config/devcontainer"
)

// runArgs are what is said to docker run. What has a meaning here is translated,
// the rest is named in a warning.
func (m *devMapper) runArgs() {
	flags, loose := devcontainer.Flags(m.f.RunArgs)
	for _, x := range flags {
		prop := indexed("runArgs", x.Index)
		if !m.runRights(prop, x) && !m.runSettings(prop, x) && !m.runLimits(prop, x) && !harmlessFlag(x) {
			m.warn(prop, "--%s has no meaning here: it is left out", printable(x.Name))
		}
	}
	for _, word := range loose {
		m.warn("runArgs", "%s is no flag: it is left out", quoted(word))
	}
}

// runRights are flags about what processes may do.
func (m *devMapper) runRights(prop string, x devcontainer.Flag) bool {
	c := &m.l.Config
	switch x.Name {
	case "cap-add":
		m.capability(prop, x.Value)
	case "cap-drop":
		m.add(&c.Security.Capabilities.Drop, "security.capabilities.drop", "drop", prop, x.Value)
	case "security-opt":
		m.securityOption(prop, x.Value)
	case "privileged":
		if x.Value != "false" {
			m.privileged(prop)
		}
	case "device":
		m.device(prop, x.Value)
	case "gpus":
		m.set("gpu", prop, "true")
	case "user":
		if m.f.RemoteUser == "" && m.f.ContainerUser == "" {
			m.user(prop, x.Value)
		}
	default:
		return false
	}
	return true
}

func (m *devMapper) device(prop, value string) {
	outside, rest, _ := strings.Cut(value, ":")
	if inside, _, _ := strings.Cut(rest, ":"); strings.HasPrefix(inside, "/") && inside != outside {
		m.warn(prop, "the device %s is inside at the same path, not at %s", quoted(outside), quoted(inside))
	}
	m.add(&m.l.Config.Security.Devices, "security.devices", "device", prop, outside)
}

// runSettings are flags about what is inside.
func (m *devMapper) runSettings(prop string, x devcontainer.Flag) bool {
	c := &m.l.Config
	switch x.Name {
	case "env":
		if name, value, has := strings.Cut(x.Value, "="); has {
			m.variable(prop, name, value)
		} else {
			m.add(&c.PassEnv, "pass_env", "host_variable", prop, x.Value)
		}
	case "env-file":
		m.add(&c.EnvFile, "env_file", "path", prop, x.Value)
	case "volume":
		m.volume(prop, x.Value)
	case "mount":
		if one, message := devcontainer.ParseMount(x.Value); message != "" {
			m.fail(prop, "%s", message)
		} else {
			m.mount(prop, one)
		}
	case "tmpfs":
		m.tmpfs(prop, x.Value)
	case "hostname":
		m.dev.Hostname = x.Value
	case "add-host":
		m.addHost(prop, x.Value)
	case "dns":
		m.add(&c.Network.DNS, "network.dns", "ip", prop, x.Value)
	case "publish":
		m.publish(prop, x.Value)
	case "network":
		m.network(prop, x.Value)
	case "platform":
		m.platform(prop, x.Value)
	default:
		return false
	}
	return true
}

// volume is SOURCE:TARGET[:OPTIONS].
func (m *devMapper) volume(prop, value string) {
	parts := strings.Split(value, ":")
	one := devcontainer.Mount{Type: "volume", Target: parts[0]}
	if len(parts) > 1 {
		one.Source, one.Target = parts[0], parts[1]
	}
	if strings.HasPrefix(one.Source, "/") || strings.HasPrefix(one.Source, ".") || strings.HasPrefix(one.Source, "~") || strings.HasPrefix(one.Source, kept) {
		one.Type = "bind"
	}
	if len(parts) > 2 {
		for option := range strings.SplitSeq(parts[2], ",") {
			switch option {
			case "ro":
				one.ReadOnly = true
			case "rw", "z", "Z", "cached", "delegated", "consistent":
			default:
				one.Ignored = append(one.Ignored, option)
			}
		}
	}
	m.mount(prop, one)
}

// tmpfs is TARGET[:OPTIONS].
func (m *devMapper) tmpfs(prop, value string) {
	target, options, _ := strings.Cut(value, ":")
	one := devcontainer.Mount{Type: "tmpfs", Target: target}
	for option := range strings.SplitSeq(options, ",") {
		if size, ok := strings.CutPrefix(option, "size="); ok {
			one.Size = size
		}
	}
	m.mount(prop, one)
}

func (m *devMapper) addHost(prop, value string) {
	name, address, ok := strings.Cut(strings.Replace(value, "=", ":", 1), ":")
	address = strings.Trim(address, "[]")
	switch {
	case address == "host-gateway":
		m.warn(prop, "%s is not set: network.host_loopback opens single ports of this machine, as host.sandbox.internal", quoted(name))
	case !ok || checkIP(address) != "" || !isWord(name, 253, letterDigit, ".-_"):
		m.fail(prop, "%s is no name with an address: expected NAME:ADDRESS", quoted(value))
	default:
		m.dev.Hosts = append(m.dev.Hosts, HostName{name, address})
	}
}

func (m *devMapper) network(prop, value string) {
	switch value {
	case "host", "none":
		m.set("network.mode", prop, value)
	case "bridge", "default", "private", "slirp4netns", "pasta":
	default:
		m.warn(prop, "there is no network %s: the sandbox has one of its own", quoted(value))
	}
}

// runLimits are flags about how much may be used.
func (m *devMapper) runLimits(prop string, x devcontainer.Flag) bool {
	switch x.Name {
	case "memory":
		m.set("limits.memory", prop, strings.TrimSuffix(strings.ToLower(x.Value), "b"))
	case "cpus":
		m.set("limits.cpus", prop, x.Value)
	case "pids-limit":
		if !strings.HasPrefix(x.Value, "-") { // -1 is none
			m.set("limits.pids", prop, x.Value)
		}
	case "ulimit":
		m.ulimit(prop, x.Value)
	case "shm-size":
		// /dev/shm may use half of the memory; what is more than that nobody can give
	default:
		return false
	}
	return true
}

func (m *devMapper) ulimit(prop, value string) {
	name, limits, _ := strings.Cut(value, "=")
	soft, hard, has := strings.Cut(limits, ":")
	if !has {
		hard = soft
	}
	switch name {
	case "nofile":
		m.set("limits.nofile", prop, hard)
	case "nproc":
		m.set("limits.pids", prop, hard)
	default:
		m.warn(prop, "the limit %s is not set: nofile and nproc are known", quoted(name))
	}
}

// harmlessFlag reports flags that ask for what is so in any case.
func harmlessFlag(x devcontainer.Flag) bool {
	switch x.Name {
	case "init", "rm", "interactive", "tty", "detach", "sig-proxy", "attach", "quiet", "name", "label":
		return true
	case "userns":
		return x.Value == "keep-id" || strings.HasPrefix(x.Value, "keep-id:")
	case "pull":
		return x.Value == "missing"
	}
	return false
}
