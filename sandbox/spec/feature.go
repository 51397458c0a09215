package spec

// Feature is one of dev containers that is installed on top of an image.
type Feature struct {
	ID      string   `json:"id"` // as it is written
	Name    string   `json:"name"`
	Version string   `json:"version"`
	Digest  string   `json:"digest"`            // of what it is
	Options []string `json:"options,omitempty"` // NAME=value, as its script finds them
	Env     []string `json:"env,omitempty"`     // NAME=value that it adds; a value may refer to variables
	// Customizations are of other programs, and decide nothing here.
	Customizations map[string]any `json:"customizations,omitempty"`
}
