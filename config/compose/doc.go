// Package compose answers: which services does a project's compose file describe, as
// far as a sandbox can have them?
//
// The files are read by the compose specification's own library, which is a part of
// the whole program only: its core answers ErrWhole. Nothing outside of the project is read.
package compose

import (
	"errors"
	"slices"
)

// ErrWhole: files of compose are read by the whole program.
var ErrWhole = errors.New("only the whole program reads files of compose")

// Options say what is read.
type Options struct {
	Dir      string                           // the project: every file lies in it
	Files    []string                         // absolute; a later one is merged into those before it
	Lookup   func(name string) (string, bool) // variables of the caller, for ${NAME}
	Dev      string                           // the service that becomes the sandbox
	Services []string                         // the others that are wanted, with what they depend on; nil: all
}

// Project is what the files come to.
type Project struct {
	Dev      Service
	Services []Service // by name
	Digest   string    // of the files
	Warnings []string  // what is lost, with the path of the key
}

// Has reports whether there is a service of this name.
func (p *Project) Has(name string) bool {
	return p.Dev.Name == name || slices.ContainsFunc(p.Services, func(s Service) bool { return s.Name == name })
}

// Service is one service.
type Service struct {
	Name       string
	Image      string
	Build      *Build
	Entrypoint []string // nil: the image's
	Command    []string // nil: the image's
	Env        map[string]string
	User       string
	Dir        string
	Volumes    []Volume
	Ports      []string // as network.ports has them: [IP:]HOST:INSIDE[/udp]
	DependsOn  []string
	Completes  bool // something waits for its end with status 0
	Health     *Health
	Restart    string // no, on-failure, always
	StopSignal string
	StopGrace  string // a length of time

	Hostname    string
	ExtraHosts  []string // NAME:ADDRESS
	Aliases     []string // names on networks
	CapAdd      []string
	SecurityOpt []string
	Devices     []string
	Privileged  bool
	HostNetwork bool
	ShmSize     int64
	Memory      int64 // bytes; 0: no limit
	CPUs        float64
}

// Build is how an image is made; paths are absolute.
type Build struct {
	Context    string
	Dockerfile string
	Target     string
	Args       map[string]string
}

// Volume is a mount.
type Volume struct {
	Type     string // bind, volume, tmpfs
	Source   string // absolute for a bind; empty for a volume without a name
	Target   string
	ReadOnly bool
	Size     int64
}

// Health says when a service is healthy.
type Health struct {
	Command []string // a program with its arguments
	Shell   string   // or a text for the shell
	Timeout string   // after which it counts as not healthy
}
