package testrun

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

// Environment is all that surrounds a test, but for the project's files. Two runs with the same one differ
// in nothing that sandbox decides. Values of the caller's variables and of secrets are not in it, nor
// is the machine.
type Environment struct {
	Image    Image          `json:"image"`
	Command  spec.Command   `json:"command"`
	Env      []string       `json:"env"`
	PassEnv  []string       `json:"passEnv,omitempty"`
	Secrets  []string       `json:"secrets,omitempty"`
	User     string         `json:"user"`
	UID      int            `json:"uid"`
	Home     string         `json:"home"`
	Hostname string         `json:"hostname"`
	Network  string         `json:"network"`
	Allow    []string       `json:"allow,omitempty"`
	Target   string         `json:"workspace"`
	Mounts   []spec.Mount   `json:"mounts,omitempty"`
	Caches   []spec.Cache   `json:"caches,omitempty"`
	Services []spec.Service `json:"services,omitempty"`
	Limits   spec.Limits    `json:"limits"`
	Security spec.Security  `json:"security"`
	Umask    int            `json:"umask"`
	CPUs     int            `json:"cpus,omitempty"` // how many it may use, where that was decided
}

// Image names the root file system exactly.
type Image struct {
	Ref    string   `json:"ref"`
	Digest string   `json:"digest,omitempty"`
	Layers []string `json:"layers,omitempty"`
}

// Surroundings are those of a command with a specification whose image was found.
func Surroundings(s spec.Spec, c spec.Command) Environment {
	e := Environment{
		Image:   Image{s.Image.Ref, s.Image.Digest, s.Image.Layers},
		Command: c, Env: s.Env, PassEnv: s.PassEnv, User: s.User.Name, UID: s.User.UID, Home: s.User.Home,
		Hostname: s.Hostname, Network: s.Network, Target: s.Workspace.Target, Mounts: s.Mounts, Caches: s.Caches, Services: s.Services,
		Limits: s.Limits, Security: s.Security,
	}
	if s.Network == spec.NetworkFiltered {
		e.Allow = s.Net.Allow
	}
	for _, secret := range s.Secrets {
		e.Secrets = append(e.Secrets, secret.Name)
	}
	return e
}

// Open says why runs with the same inputs may have different results all the same; empty where
// nothing outside decides.
func (e Environment) Open() string {
	switch {
	case e.Network != "none":
		return "the network, " + e.Network
	case len(e.PassEnv) > 0:
		return "variables of the caller"
	case len(e.Secrets) > 0:
		return "secrets"
	case len(e.Security.Devices) > 0 || e.Security.GPU:
		return "devices of this machine"
	case e.Image.Digest == "" && len(e.Image.Layers) == 0:
		return "this machine's own system directories"
	}
	if len(e.Caches) > 0 {
		return "caches, whose content other sandboxes have written"
	}
	for _, m := range e.Mounts {
		if m.Type == "bind" {
			return "directories of this machine that are mounted"
		}
	}
	return ""
}

// Digest names it.
func (e Environment) Digest() string {
	text, err := json.Marshal(e)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(text)
	return "sha256:" + hex.EncodeToString(sum[:])
}
