//go:build !core

package compose

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/compose-spec/compose-go/v2/types"
)

// converter makes services of the library's.
type converter struct {
	options Options
	project *types.Project
	out     *Project
	waited  map[string]bool // of services whose end something waits for
}

func (c *converter) warn(s types.ServiceConfig, key, format string, args ...any) {
	c.out.Warnings = append(c.out.Warnings, "services."+s.Name+"."+key+": "+fmt.Sprintf(format, args...))
}

func (c *converter) service(s types.ServiceConfig) Service {
	out := Service{
		Name: s.Name, Image: s.Image, Entrypoint: s.Entrypoint, Command: s.Command, User: s.User, Dir: s.WorkingDir, StopSignal: s.StopSignal,
		Hostname: s.Hostname, CapAdd: s.CapAdd, SecurityOpt: s.SecurityOpt, Privileged: s.Privileged,
		ShmSize: int64(s.ShmSize), Memory: int64(s.MemLimit), CPUs: float64(s.CPUS),
	}
	c.build(s, &out)
	c.environment(s, &out)
	c.volumes(s, &out)
	c.ports(s, &out)
	c.network(s, &out)
	c.life(s, &out)
	for _, d := range s.Devices {
		out.Devices = append(out.Devices, d.Source)
	}
	return out
}

func (c *converter) build(s types.ServiceConfig, out *Service) {
	b := s.Build
	if b == nil {
		return
	}
	out.Build = &Build{Context: b.Context, Dockerfile: b.Dockerfile, Target: b.Target, Args: map[string]string{}}
	if b.Dockerfile == "" {
		out.Build.Dockerfile = "Dockerfile"
	}
	if !filepath.IsAbs(out.Build.Dockerfile) {
		out.Build.Dockerfile = filepath.Join(b.Context, out.Build.Dockerfile)
	}
	for name, value := range b.Args {
		if value != nil {
			out.Build.Args[name] = *value
		} else if v, ok := c.options.Lookup(name); ok {
			out.Build.Args[name] = v
		}
	}
	for key, has := range map[string]bool{
		"dockerfile_inline": b.DockerfileInline != "", "additional_contexts": len(b.AdditionalContexts) > 0, "secrets": len(b.Secrets) > 0,
		"ssh": len(b.SSH) > 0, "cache_from": len(b.CacheFrom) > 0, "network": b.Network != "", "privileged": b.Privileged,
	} {
		if has {
			c.warn(s, "build."+key, "is not done here")
		}
	}
}

func (c *converter) environment(s types.ServiceConfig, out *Service) {
	out.Env = map[string]string{}
	for name, value := range s.Environment {
		if value != nil {
			out.Env[name] = *value
		} else if v, ok := c.options.Lookup(name); ok {
			out.Env[name] = v
		}
	}
}

func (c *converter) volumes(s types.ServiceConfig, out *Service) {
	for _, v := range s.Volumes {
		one := Volume{Type: v.Type, Source: v.Source, Target: v.Target, ReadOnly: v.ReadOnly}
		switch v.Type {
		case types.VolumeTypeVolume:
			if def, ok := c.project.Volumes[v.Source]; ok && (bool(def.External) || def.Driver != "" && def.Driver != "local" || len(def.DriverOpts) > 0) {
				c.warn(s, "volumes", "%s is an ordinary volume of this project", strconv.Quote(v.Source))
			}
		case types.VolumeTypeTmpfs:
			one.Source = ""
			if v.Tmpfs != nil {
				one.Size = int64(v.Tmpfs.Size)
			}
		case types.VolumeTypeBind:
		default:
			c.warn(s, "volumes", "%s: mounts of type %s are not known here", strconv.Quote(v.Target), v.Type)
			continue
		}
		out.Volumes = append(out.Volumes, one)
	}
	for _, t := range s.Tmpfs {
		target, _, _ := strings.Cut(t, ":")
		out.Volumes = append(out.Volumes, Volume{Type: "tmpfs", Target: target})
	}
}

func (c *converter) ports(s types.ServiceConfig, out *Service) {
	for _, p := range s.Ports {
		text := strconv.Itoa(int(p.Target))
		switch {
		case strings.Contains(p.Published, "-"):
			c.warn(s, "ports", "%s: ranges are not known here: write each port", strconv.Quote(p.Published))
			continue
		case p.Published == "" || p.Published == "0":
			text = "auto:" + text
		default:
			text = p.Published + ":" + text
		}
		if p.HostIP != "" && p.Published != "" {
			ip := p.HostIP
			if strings.Contains(ip, ":") {
				ip = "[" + ip + "]"
			}
			text = ip + ":" + text
		}
		if p.Protocol == "udp" {
			text += "/udp"
		}
		out.Ports = append(out.Ports, text)
	}
}

// network: all services are on the one network of the sandbox.
func (c *converter) network(s types.ServiceConfig, out *Service) {
	for _, n := range s.Networks {
		if n != nil {
			out.Aliases = append(out.Aliases, n.Aliases...)
		}
	}
	for _, link := range s.Links {
		if _, alias, ok := strings.Cut(link, ":"); ok {
			out.Aliases = append(out.Aliases, alias)
		}
	}
	if s.ContainerName != "" {
		out.Aliases = append(out.Aliases, s.ContainerName)
	}
	slices.Sort(out.Aliases)
	out.Aliases = slices.Compact(out.Aliases)
	for name, list := range s.ExtraHosts {
		for _, address := range list {
			out.ExtraHosts = append(out.ExtraHosts, name+":"+address)
		}
	}
	slices.Sort(out.ExtraHosts)
	switch s.NetworkMode {
	case "host":
		out.HostNetwork = true
	case "none":
		c.warn(s, "network_mode", "it has the network of the others")
	}
}

// life is when it starts, is healthy, ends and starts again.
func (c *converter) life(s types.ServiceConfig, out *Service) {
	for _, name := range slices.Sorted(maps.Keys(s.DependsOn)) {
		if _, ok := c.project.Services[name]; !ok {
			continue // not required, and not there
		}
		out.DependsOn = append(out.DependsOn, name)
		if s.DependsOn[name].Condition == types.ServiceConditionCompletedSuccessfully {
			if c.waited == nil {
				c.waited = map[string]bool{}
			}
			c.waited[name] = true
		}
	}
	switch name, _, _ := strings.Cut(s.Restart, ":"); name {
	case "always", "unless-stopped":
		out.Restart = "always"
	case "on-failure":
		out.Restart = name
	}
	if s.StopGracePeriod != nil && time.Duration(*s.StopGracePeriod) > 0 {
		out.StopGrace = time.Duration(*s.StopGracePeriod).String()
	}
	c.health(s, out)
}

// health: a check that failed as often as it may is the end of waiting.
func (c *converter) health(s types.ServiceConfig, out *Service) {
	h := s.HealthCheck
	if h == nil || h.Disable || len(h.Test) == 0 || h.Test[0] == "NONE" {
		return
	}
	out.Health = &Health{}
	switch h.Test[0] {
	case "CMD":
		out.Health.Command = h.Test[1:]
	case "CMD-SHELL":
		out.Health.Shell = strings.Join(h.Test[1:], " ")
	default:
		out.Health.Shell = strings.Join(h.Test, " ")
	}
	interval, retries, start := 30*time.Second, uint64(3), time.Duration(0) // of the compose specification
	if h.Interval != nil {
		interval = time.Duration(*h.Interval)
	}
	if h.Retries != nil {
		retries = min(*h.Retries, 1000)
	}
	if h.StartPeriod != nil {
		start = time.Duration(*h.StartPeriod)
	}
	const least, most = 30 * time.Second, 24 * time.Hour
	out.Health.Timeout = max(least, min(most, start+time.Duration(retries)*interval)).String()
}

// completions: what is waited for to end is not ready before.
func (c *converter) completions() {
	for i := range c.out.Services {
		s := &c.out.Services[i]
		s.Completes = c.waited[s.Name]
	}
}
