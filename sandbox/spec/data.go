package spec

// Cache is a tool's cache that outlives sandboxes.
type Cache struct {
	Name    string `json:"name"`
	Project bool   `json:"project,omitempty"` // the project's own; else the user's
}

// Secret is where the content of /run/secrets/NAME comes from: exactly one of
// the other fields says so. What it comes to is in no type of this package.
type Secret struct {
	Name    string   `json:"name"`
	File    string   `json:"file,omitempty"`    // absolute path on the host
	Env     string   `json:"env,omitempty"`     // name of a variable of the caller
	Command []string `json:"command,omitempty"` // run on the host
}

// Dotfiles are the user's own settings for shells and editors.
type Dotfiles struct {
	Path    string `json:"path"`              // absolute path on the host
	Install string `json:"install,omitempty"` // for /bin/sh; empty: by what is there
}
