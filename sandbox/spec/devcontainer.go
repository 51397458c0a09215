package spec

import "encoding/json"

// Dev is what a devcontainer.json adds to a sandbox.
type Dev struct {
	File           string             `json:"file"` // on the host
	Name           string             `json:"name,omitempty"`
	RemoteEnv      map[string]*string `json:"remoteEnv,omitempty"` // over all other variables; nil: removed
	Probe          string             `json:"userEnvProbe"`        // see below
	WaitFor        string             `json:"waitFor,omitempty"`   // the last hook that up waits for; empty: all
	Hosts          []string           `json:"hosts,omitempty"`     // lines of hosts(5)
	Customizations []json.RawMessage  `json:"customizations,omitempty"`
}

// How the user's shell is asked for the user's environment.
const (
	ProbeNone             = "none"
	ProbeLogin            = "loginShell"
	ProbeLoginInteractive = "loginInteractiveShell"
	ProbeInteractive      = "interactiveShell"
)
