package spec

// ImageBuild is an image that is made of a Dockerfile: Image.Build says how.
const ImageBuild = "build"

// Build is how an image is made of a Dockerfile. Paths are absolute, on the host.
type Build struct {
	Dockerfile string `json:"dockerfile,omitempty"`
	// Text is the Dockerfile itself where there is no file of it.
	Text    string            `json:"text,omitempty"`
	Context string            `json:"context"` // a directory; empty: no files
	Target  string            `json:"target,omitempty"`
	Args    map[string]string `json:"args,omitempty"`
	// Contexts are names that COPY --from and FROM take: directories, or images.
	Contexts map[string]string `json:"contexts,omitempty"`
	Secrets  []Secret          `json:"secrets,omitempty"` // for RUN --mount=type=secret, by their names
	// Project is that of the secrets: a file in it is read without following a link out of it.
	Project string `json:"project,omitempty"`
	// HostNetwork: a RUN may ask for the network of this host, and an ADD for what
	// is on its loopback interface.
	HostNetwork bool `json:"hostNetwork,omitempty"`
	// Made is the digest of what came of it, filled by the engine.
	Made string `json:"made,omitempty"`

	// What follows decides nothing of what the image is, and is not kept.
	SSH     map[string]string `json:"-"` // sockets of agents, by name
	NoCache bool              `json:"-"`
	Pull    bool              `json:"-"` // look for the base images anew
	Tags    []string          `json:"-"` // further names
}
