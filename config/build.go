package config

// Build is how the image is made of a Dockerfile.
type Build struct {
	// Dockerfile, relative to the project. Default: Dockerfile.
	Dockerfile string `yaml:"dockerfile" json:"dockerfile,omitempty" check:"path"`
	// Context is the directory whose files the Dockerfile copies, relative to the project. Default: the project.
	Context string `yaml:"context" json:"context,omitempty" check:"path"`
	// Target is the stage to build. Default: the last one.
	Target string `yaml:"target" json:"target,omitempty" check:"text"`
	// Args are values of the Dockerfile's ARG instructions.
	Args map[string]string `yaml:"args" json:"args,omitempty" check:"env"`
	// Secrets are names of secrets that RUN --mount=type=secret may read.
	Secrets []string `yaml:"secrets" json:"secrets,omitempty" check:"label"`
}
