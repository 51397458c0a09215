package sandbox

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"syscall"
	"time"

	"github.com/rootless-sandbox/sandbox/config"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

// planServices decides about the services, which come in the order of their names, and
// adds the ports that lead to them.
func planServices(s *spec.Spec, l *config.Loaded, c config.Config, h Host) ([]spec.Degradation, error) {
	var degraded []spec.Degradation
	for _, name := range sortedKeys(c.Services) {
		c := c.Services[name]
		w := spec.Service{
			Name: name, Args: commandOf(c.Command), User: c.User, Dir: c.Workdir, Restart: c.Restart,
			DependsOn: sortedUnique(c.DependsOn), StopGrace: duration(c.StopGrace), StopWith: signalOf(c.StopSignal),
			Ready: spec.Ready{
				Command: commandOf(c.Ready.Command), TCP: c.Ready.TCP, HTTP: c.Ready.HTTP, Log: c.Ready.Log,
				Interval: duration(c.Ready.Interval), Timeout: duration(c.Ready.Timeout),
			},
		}
		for _, key := range sortedKeys(c.Env) {
			w.Env = append(w.Env, key+"="+c.Env[key])
		}
		if l.Dev != nil {
			more, early := l.Dev.Compose[name]
			w.AfterEntrypoint, w.Ready.Exit, w.Early = more.AfterEntrypoint, more.Completes, early
		}
		if err := planOwnRoot(s, &w, c, l, h); err != nil {
			return nil, fmt.Errorf("services.%s: %w", name, err)
		}
		if w.Dir != "" && !path.IsAbs(w.Dir) {
			w.Dir = path.Join(cmp.Or(w.Root, s.Start()), w.Dir)
		}
		if w.User == spec.UserKeep {
			w.User = ""
		}
		if s.IDs == spec.IDsSingle && w.User != "" && w.Image == nil && w.User != "root" {
			if w.User != s.User.Asked {
				degraded = append(degraded, spec.Degradation{What: "services", Why: name + " runs as you, not as " + w.User + ": only one user id is available here"})
			}
			w.User = ""
		}
		for _, text := range c.Ports {
			s.Net.Ports = append(s.Net.Ports, portForward(text))
		}
		s.Services = append(s.Services, w)
	}
	return degraded, nil
}

// planOwnRoot gives a service with an image its root, and its mounts to the sandbox.
func planOwnRoot(s *spec.Spec, w *spec.Service, c config.Service, l *config.Loaded, h Host) error {
	if c.Image == "" {
		return nil
	}
	own := l.Config
	own.Image, own.Packages, own.Build, own.Features = c.Image, nil, config.Build{}, nil
	if l.Dev != nil && l.Dev.Compose[w.Name].Build.Dockerfile != "" {
		own.Image, own.Build = "", l.Dev.Compose[w.Name].Build
	}
	image, err := planImage(l, own, h)
	if err != nil {
		return err
	}
	w.Image, w.Root = &image, serviceRoots+"/"+w.Name
	mounts, err := planMounts(c.Mounts, l.Project.Dir, h.Home, "/root")
	if err != nil {
		return err
	}
	for _, m := range mounts {
		m.Target = path.Join(w.Root, m.Target)
		s.Mounts = append(s.Mounts, m)
	}
	return nil
}

// serviceRoots is where root file systems of services are.
const serviceRoots = "/run/sandbox/services"

func portForward(text string) spec.PortForward {
	p, _ := config.ParsePort(text) // the configuration was checked
	return spec.PortForward{IP: p.IP, Host: p.Host, Inside: p.Inside, Auto: p.Auto, UDP: p.UDP}
}

// commandOf is a command that is a text or a list.
func commandOf(h config.Hook) []string {
	if h.IsZero() {
		return nil
	}
	return hooks("", h)[0].Args
}

// duration is a length of time that was checked.
func duration(s string) time.Duration {
	if s == "" {
		return 0
	}
	d, _ := config.ParseDuration(s)
	return d
}

func signalOf(name string) int {
	return int(map[string]syscall.Signal{
		"SIGTERM": syscall.SIGTERM, "SIGINT": syscall.SIGINT, "SIGQUIT": syscall.SIGQUIT, "SIGHUP": syscall.SIGHUP,
		"SIGUSR1": syscall.SIGUSR1, "SIGUSR2": syscall.SIGUSR2, "SIGKILL": syscall.SIGKILL,
	}[name])
}

// serviceNames are the names by which services are reached.
func serviceNames(s spec.Spec) []string {
	var names []string
	for _, w := range s.Services {
		names = append(names, w.Name)
	}
	slices.Sort(names)
	return names
}
