package config

import (
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/token"
)

// Service is a program that runs beside the commands of a sandbox.
type Service struct {
	// Command is what runs: a text is run by the shell, a list is a program with its arguments. With an image of its own the default is what the image says.
	Command Hook `yaml:"command" json:"command,omitzero"`
	// Image is a root file system of its own, as the sandbox's image: may be. It shares the sandbox's network and names; the project is in it only by mounts.
	Image string `yaml:"image" json:"image,omitempty" check:"image"`
	// Mounts are directories and files in its own root file system, as the sandbox's mounts are.
	Mounts []Mount `yaml:"mounts" json:"mounts,omitempty"`
	// User who runs it: a name of the image, or root. Default: you, or with an image of its own that image's. Where one user id is all there is, it is you.
	User string `yaml:"user" json:"user,omitempty" check:"user"`
	// Env are variables of its own.
	Env map[string]string `yaml:"env" json:"env,omitempty" check:"env"`
	// Workdir is where it starts: a path inside, or one relative to the project. Default: the project.
	Workdir string `yaml:"workdir" json:"workdir,omitempty" check:"path"`
	// Ready says when it can be used; what depends on it waits for that, and so does up. Default: as soon as it runs.
	Ready Readiness `yaml:"ready" json:"ready,omitzero"`
	// Restart says what follows when it ends by itself: no, on-failure, or always. In between there are pauses that grow.
	Restart string `yaml:"restart" json:"restart,omitempty" enum:"no on-failure always"`
	// DependsOn are the services that must be ready before it starts, and that stop after it.
	DependsOn []string `yaml:"depends_on" json:"depends_on,omitempty" check:"label"`
	// Ports of this machine that lead to it, as in network.ports.
	Ports []string `yaml:"ports" json:"ports,omitempty" check:"port"`
	// StopSignal is what asks it to end. Default: SIGTERM.
	StopSignal string `yaml:"stop_signal" json:"stop_signal,omitempty" enum:"SIGTERM SIGINT SIGQUIT SIGHUP SIGUSR1 SIGUSR2 SIGKILL"`
	// StopGrace is how long it may take to end before it is killed. Default: 10s.
	StopGrace string `yaml:"stop_grace" json:"stop_grace,omitempty" check:"duration"`
}

// Readiness says when a service can be used. At most one of command, tcp, http and log is given.
type Readiness struct {
	// Command ends with 0 when the service is ready. It runs as the service's user.
	Command Hook `yaml:"command" json:"command,omitzero"`
	// TCP is a port inside that takes connections on 127.0.0.1 or ::1.
	TCP int `yaml:"tcp" json:"tcp,omitempty" check:"port" max:"65535"`
	// HTTP is an address inside that answers with a status of 200 to 399, such as http://localhost:8080/health.
	HTTP string `yaml:"http" json:"http,omitempty" check:"inside_url"`
	// Log is a regular expression (RE2) that a line of the output matches.
	Log string `yaml:"log" json:"log,omitempty" check:"regexp"`
	// Interval between two questions. Default: 100ms.
	Interval string `yaml:"interval" json:"interval,omitempty" check:"duration"`
	// Timeout after which it counts as not ready. Default: 30s.
	Timeout string `yaml:"timeout" json:"timeout,omitempty" check:"duration"`
}

// Bounds of what one file may ask for.
const (
	maxServices = 64
	maxRegexp   = 500
)

func checkRegexp(s string) string {
	if len(s) > maxRegexp {
		return "longer than " + strconv.Itoa(maxRegexp) + " bytes"
	}
	if _, err := regexp.Compile(s); err != nil {
		return quoted(s) + " is no regular expression: " + strings.TrimPrefix(err.Error(), "error parsing regexp: ")
	}
	return ""
}

// checkInsideURL takes addresses of the sandbox's own loopback.
func checkInsideURL(s string) string {
	u, err := url.Parse(s)
	local := err == nil && slices.Contains([]string{"localhost", "127.0.0.1", "::1"}, u.Hostname())
	port := 0
	if err == nil && u.Port() != "" {
		port, err = strconv.Atoi(u.Port())
	}
	if err != nil || u.Scheme != "http" || !local || u.User != nil || port < 0 || port > 65535 || strings.ContainsAny(s, " \t\r\n") {
		return quoted(s) + " is no address inside: expected something like http://localhost:8080/health"
	}
	return ""
}

// service checks what the keys of a service mean together.
func (d *decoder) service(s *Service, at *token.Token, seen map[string]entry, key string) {
	command, given := seen["command"]
	_, image := seen["image"]
	switch {
	case given:
		d.oneCommand(s.Command, command, key+".command")
	case !image && s.Image == "":
		d.failKey(at, key+".command", "is missing")
	}
	if m, ok := seen["mounts"]; ok && !image && s.Image == "" {
		d.failKey(m.at, key+".mounts", "needs an image of its own: a service without one has the mounts of the sandbox")
	}
	if i, ok := seen["image"]; ok && s.Image == "host" {
		d.failKey(start(i.value), key+".image", "host is the sandbox's own at most: leave it out")
	}
}

// oneCommand refuses what is several commands, or none.
func (d *decoder) oneCommand(h Hook, e entry, key string) {
	switch {
	case h.Parallel != nil:
		d.failKey(start(e.value), key, "expected a text or a list, found keys and values")
	case h.IsZero() && isText(e.value):
		d.failKey(start(e.value), key, "has no command")
	}
}

func (d *decoder) readiness(r *Readiness, at *token.Token, seen map[string]entry, key string) {
	if command, ok := seen["command"]; ok {
		d.oneCommand(r.Command, command, key+".command")
	}
	var kinds []string
	for _, kind := range []string{"command", "tcp", "http", "log"} {
		if _, ok := seen[kind]; ok {
			kinds = append(kinds, kind)
		}
	}
	if len(kinds) > 1 {
		d.failKey(at, key, "%s: only one of them can say that it is ready", strings.Join(kinds, " and "))
	}
}

// checkServices finds what is wrong with all services together, once all files are read.
func (l *Loaded) checkServices() Problems {
	services := l.Config.Services
	var problems Problems
	add := func(key, message string) {
		at := l.Origins[key]
		problems = append(problems, Problem{File: at.File, Line: at.Line, Column: at.Column, Key: key, Message: key + ": " + message})
	}
	if len(services) > maxServices {
		add("services", "more than "+strconv.Itoa(maxServices)+" of them")
		return problems
	}
	for _, name := range slices.Sorted(maps.Keys(services)) {
		key := "services." + name + ".depends_on"
		for _, other := range services[name].DependsOn {
			if _, ok := services[other]; !ok {
				add(key, "there is no service "+quoted(other))
			}
		}
		if path := l.cycle(name); path != nil {
			add(key, "they wait for each other: "+strings.Join(path, " -> "))
			break // each service of the circle would tell the same
		}
	}
	return problems
}

// cycle is the way from a service over what it depends on back to it; nil without one.
func (l *Loaded) cycle(name string) []string {
	seen := map[string]bool{}
	var walk func(at string, path []string) []string
	walk = func(at string, path []string) []string {
		for _, next := range l.Config.Services[at].DependsOn {
			if next == name {
				return append(path, next)
			}
			if seen[next] {
				continue
			}
			seen[next] = true
			if found := walk(next, append(slices.Clone(path), next)); found != nil {
				return found
			}
		}
		return nil
	}
	return walk(name, []string{name})
}
