package config

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/rootless-sandbox/sandbox/config/compose"
	"github.com/rootless-sandbox/sandbox/config/devcontainer"
)

// ErrWhole: what stands in the configuration is read by the whole program only.
var ErrWhole = compose.ErrWhole

// ComposeService is what a file of compose says of a service that no key of ours can.
type ComposeService struct {
	Build           Build // its image is made of a Dockerfile
	AfterEntrypoint bool  // its command follows the image's entry point
	Completes       bool  // it counts as ready when it has ended with 0
}

const composeProp = "dockerComposeFile"

// loadCompose reads the files of compose that a devcontainer.json names.
func (m *devMapper) loadCompose(o LoadOptions) {
	f := m.f
	if len(f.DockerComposeFile) == 0 {
		return
	}
	if f.Service == "" {
		m.fail("service", "is missing: which service of the compose file is the sandbox?")
		return
	}
	var files []string
	for _, name := range f.DockerComposeFile {
		if !filepath.IsAbs(name) {
			name = filepath.Join(filepath.Dir(m.file), name)
		}
		files = append(files, name)
	}
	wanted := f.RunServices
	if !f.Has("runServices") {
		wanted = nil
	} else if wanted == nil {
		wanted = []string{}
	}
	lookup := func(ask bool) func(string) (string, bool) {
		return func(name string) (string, bool) {
			value, set := variableOf(o.Environ, name)
			if !set || !ask {
				return value, set
			}
			return m.dev.local(composeProp, name, "", false), true
		}
	}
	options := compose.Options{Dir: m.l.Project.Dir, Files: files, Lookup: lookup(true), Dev: f.Service, Services: wanted}
	p, err := compose.Load(context.Background(), options)
	if err != nil && o.Written { // a value that stands for another may be wrong where that one is right
		options.Lookup = lookup(false)
		p, err = compose.Load(context.Background(), options)
	}
	if errors.Is(err, compose.ErrWhole) {
		m.l.whole = true
		return
	}
	var unknown *unknownService
	if errors.As(asUnknown(err), &unknown) {
		prop := "service"
		if unknown.name != f.Service {
			prop = "runServices"
		}
		m.fail(prop, "%s", err)
		return
	}
	if err != nil {
		m.fail(composeProp, "%s", printable(err.Error()))
		return
	}
	sum := sha256.Sum256([]byte(m.l.Digest + p.Digest))
	m.l.Digest = hex.EncodeToString(sum[:])
	m.composed = p
}

// unknownService is the one of compose.UnknownError, which the core does not know.
type unknownService struct{ name string }

func (e *unknownService) Error() string { return e.name }

func asUnknown(err error) error {
	var named interface{ Service() string }
	if errors.As(err, &named) {
		return &unknownService{named.Service()}
	}
	return err
}

// composeTarget is where the service has the project: it, or a directory above it, is one of its binds.
func (m *devMapper) composeTarget() string {
	if m.composed == nil {
		return ""
	}
	for _, v := range m.composed.Dev.Volumes {
		if target := m.projectIn(v); target != "" {
			return target
		}
	}
	return ""
}

func (m *devMapper) projectIn(v compose.Volume) string {
	dir := m.l.Project.Dir
	if v.Type != "bind" || v.Source != dir && !within(dir, v.Source) {
		return ""
	}
	rel, err := filepath.Rel(v.Source, dir)
	if err != nil {
		return ""
	}
	return path.Join(v.Target, filepath.ToSlash(rel))
}

// compose makes the service the sandbox, and the others its services.
func (m *devMapper) compose() {
	p := m.composed
	if p == nil {
		return
	}
	for _, w := range p.Warnings {
		m.warn(composeProp, "%s", printable(w))
	}
	m.composeImage(p.Dev)
	for _, name := range slices.Sorted(maps.Keys(p.Dev.Env)) {
		m.variable(composeProp, name, p.Dev.Env[name])
	}
	if p.Dev.User != "" && m.f.RemoteUser == "" && m.f.ContainerUser == "" {
		m.dev.containerUser = true
		m.user(composeProp, p.Dev.User)
	}
	m.composeMounts(p.Dev)
	m.composeRights(p.Dev)
	m.names(p.Dev)
	m.dev.Compose = map[string]ComposeService{}
	for _, s := range p.Services {
		m.names(s)
		m.service(s)
	}
	m.ownCommand(p.Dev)
}

func (m *devMapper) composeImage(s compose.Service) {
	switch {
	case s.Build != nil:
		m.set("build.dockerfile", composeProp, m.beside(s.Build.Dockerfile))
		m.set("build.context", composeProp, m.beside(s.Build.Context))
		if s.Build.Target != "" {
			m.set("build.target", composeProp, s.Build.Target)
		}
		for _, name := range slices.Sorted(maps.Keys(s.Build.Args)) {
			m.buildArg(composeProp, name, s.Build.Args[name])
		}
	case s.Image != "":
		m.set("image", composeProp, "docker://"+s.Image)
	default:
		m.fail("service", "%s has neither image nor build", quoted(s.Name))
	}
}

func (m *devMapper) composeMounts(s compose.Service) {
	for _, v := range s.Volumes {
		if m.projectIn(v) != "" {
			if v.ReadOnly {
				m.set("workspace.mode", composeProp, "ro")
			}
			continue // of a directory above it, the project is what is shown
		}
		one := devcontainer.Mount{Type: v.Type, Source: v.Source, Target: v.Target, ReadOnly: v.ReadOnly}
		if v.Type == "bind" {
			one.Source = m.beside(v.Source)
		}
		if v.Size > 0 {
			one.Size = strconv.FormatInt(v.Size, 10)
		}
		m.mount(composeProp, one)
	}
	for _, port := range s.Ports {
		m.publish(composeProp, port)
	}
}

func (m *devMapper) composeRights(s compose.Service) {
	if s.Privileged {
		m.privileged(composeProp)
	}
	for _, name := range s.CapAdd {
		m.capability(composeProp, name)
	}
	for _, option := range s.SecurityOpt {
		m.securityOption(composeProp, option)
	}
	for _, device := range s.Devices {
		m.device(composeProp, device)
	}
	for _, host := range s.ExtraHosts {
		m.addHost(composeProp, host)
	}
	if s.HostNetwork {
		m.network(composeProp, "host")
	}
	if s.Hostname != "" {
		m.dev.Hostname = s.Hostname
	}
	if s.Memory > 0 {
		m.set("limits.memory", composeProp, strconv.FormatInt(s.Memory, 10))
	}
	if s.CPUs > 0 {
		m.set("limits.cpus", composeProp, strconv.FormatFloat(s.CPUs, 'f', -1, 64))
	}
}

// names: every service is the sandbox's own loopback interface to the others. Those of
// services are known by themselves.
func (m *devMapper) names(s compose.Service) {
	names := s.Aliases
	if s.Name == m.f.Service {
		names = append([]string{s.Name}, names...)
	}
	for _, name := range names {
		if isWord(name, 253, letterDigit, ".-_") {
			m.dev.Hosts = append(m.dev.Hosts, HostName{name, "127.0.0.1"})
		}
	}
}

// service makes one of the others.
func (m *devMapper) service(s compose.Service) {
	out := m.lifeOf(s)
	more := ComposeService{Completes: s.Completes}
	switch {
	case s.Build != nil:
		for _, place := range []string{s.Build.Context, s.Build.Dockerfile} {
			if !within(place, m.l.Project.Dir) {
				m.fail(composeProp, "services.%s.build: %s is not in the project", printable(s.Name), quoted(place))
				return
			}
		}
		more.Build = Build{Context: m.beside(s.Build.Context), Dockerfile: m.beside(s.Build.Dockerfile), Target: s.Build.Target, Args: s.Build.Args}
		out.Image = "docker://" + m.builtName(s.Name)
	case s.Image != "":
		out.Image = "docker://" + s.Image
	default:
		m.fail(composeProp, "services.%s has neither image nor build", printable(s.Name))
		return
	}
	if s.Entrypoint != nil || s.Command != nil {
		out.Command = Hook{Exec: slices.Concat(s.Entrypoint, s.Command)}
		more.AfterEntrypoint = s.Entrypoint == nil
	}
	for _, v := range s.Volumes {
		one := Mount{Type: v.Type, Source: v.Source, Target: v.Target, ReadOnly: v.ReadOnly}
		if v.Type == "bind" {
			one.Source = m.beside(v.Source)
		}
		if v.Type == "volume" && one.Source == "" {
			one.Source = m.anonymous(s.Name + ":" + v.Target)
		}
		if v.Type == "tmpfs" && v.Size > 0 {
			one.Size = strconv.FormatInt(v.Size, 10)
		}
		if message := mountMessage(one); message != "" && !strings.Contains(one.Source+one.Target, kept) {
			m.fail(composeProp, "services.%s.volumes: %s", printable(s.Name), message)
			continue
		}
		out.Mounts = append(out.Mounts, one)
	}
	for key, has := range map[string]bool{"privileged": s.Privileged, "cap_add": len(s.CapAdd) > 0, "devices": len(s.Devices) > 0, "network_mode": s.HostNetwork} {
		if has {
			m.warn(composeProp, "services.%s.%s: a service has the rights of the sandbox, which are those of %s", printable(s.Name), key, quoted(m.f.Service))
		}
	}
	m.addService(s.Name, out, more)
}

// builtName stands for the image of a service that is built.
func (m *devMapper) builtName(service string) string {
	return "built.invalid/" + strings.ToLower(strings.Trim(service, "._-")) + ":latest"
}

// lifeOf is what is the same for a service and for the command of the sandbox's own.
func (m *devMapper) lifeOf(s compose.Service) Service {
	user, _, _ := strings.Cut(s.User, ":")
	out := Service{
		Env: s.Env, Workdir: s.Dir, User: user, Restart: s.Restart, Ports: s.Ports, StopGrace: s.StopGrace, StopSignal: signalName(s.StopSignal),
	}
	if user == "0" {
		out.User = "root"
	}
	for _, name := range s.DependsOn {
		if name != m.f.Service {
			out.DependsOn = append(out.DependsOn, name)
		}
	}
	if h := s.Health; h != nil {
		out.Ready = Readiness{Command: Hook{Shell: h.Shell, Exec: h.Command}, Timeout: h.Timeout}
	}
	if s.Completes {
		out.Ready = Readiness{Timeout: "24h"}
	}
	return out
}

func signalName(s string) string {
	if s == "" || strings.HasPrefix(s, "SIG") {
		return s
	}
	return "SIG" + s
}

// addService takes a service under the rules of the files.
func (m *devMapper) addService(name string, s Service, more ComposeService) {
	for _, x := range []struct{ key, check, value string }{
		{"", "label", name}, {"image", "image", s.Image}, {"user", "user", s.User}, {"working_dir", "path", s.Workdir},
		{"stop_grace_period", "duration", s.StopGrace}, {"healthcheck", "duration", s.Ready.Timeout},
	} {
		if x.value == "" || strings.Contains(x.value, kept) {
			continue
		}
		if message := (field{check: x.check}).refuses(x.value); message != "" {
			m.fail(composeProp, "services.%s.%s: %s", printable(name), x.key, message)
			return
		}
	}
	if s.StopSignal != "" && !slices.Contains([]string{"SIGTERM", "SIGINT", "SIGQUIT", "SIGHUP", "SIGUSR1", "SIGUSR2", "SIGKILL"}, s.StopSignal) {
		m.warn(composeProp, "services.%s.stop_signal: %s is not known here: SIGTERM", printable(name), quoted(s.StopSignal))
		s.StopSignal = ""
	}
	for _, port := range s.Ports {
		if message := (field{check: "port"}).refuses(port); message != "" && !strings.Contains(port, kept) {
			m.fail(composeProp, "services.%s.ports: %s", printable(name), message)
			return
		}
	}
	for key, value := range s.Env {
		if message := checkEnv(key, strings.ReplaceAll(value, kept, "")); message != "" {
			m.fail(composeProp, "services.%s.environment: %s", printable(name), message)
			return
		}
	}
	services := maps.Clone(m.l.Config.Services)
	if services == nil {
		services = map[string]Service{}
	}
	services[name] = s
	m.l.Config.Services = services
	m.dev.Compose[name] = more
	for _, key := range []string{"", ".image", ".mounts", ".ports", ".depends_on"} {
		m.l.Origins["services."+name+key] = m.origin(composeProp)
	}
	m.l.Origins["services"] = m.origin(composeProp)
}
