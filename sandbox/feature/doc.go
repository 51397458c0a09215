// Package feature answers: what is a feature of a dev container, what does it
// want, what installs it, and in which order are several installed?
//
// It follows the dev container specification (containers.dev, "Features"). It
// reads no files and asks no registry: whoever calls it hands in texts, and a
// function that gets a feature. Everything it reads comes from elsewhere, and is
// bounded.
package feature

// File is the name of a feature's description, in its own folder.
const File = "devcontainer-feature.json"

// Script is the name of what installs it.
const Script = "install.sh"

// Metadata is what a feature says of itself.
type Metadata struct {
	ID, Version, Name string
	DocumentationURL  string
	Options           []Option // in the order of the file
	DependsOn         []Asked
	InstallsAfter     []string
	LegacyIDs         []string
	Deprecated        bool

	ContainerEnv []string // NAME=value in the order of the file; value may refer to variables
	Privileged   bool
	Init         bool
	CapAdd       []string
	SecurityOpt  []string
	Entrypoint   string
	Mounts       []Mount
	// Customizations is the JSON of it, as it stands in the file but for comments.
	Customizations []byte
	Hooks          Hooks
}

// Option is one that a feature knows.
type Option struct {
	Name    string
	Boolean bool // else a text
	Default string
	Enum    []string // nothing else is taken
	// Proposals are likely values; others are taken as well.
	Proposals []string
}

// Asked is a feature with the options that somebody gave it.
type Asked struct {
	ID      string // as it is written
	Options map[string]string
}

// Mount is one that a feature wants at run time.
type Mount struct {
	Type, Source, Target string
	ReadOnly             bool
}

// Hooks are a feature's commands at points of the life of a container.
type Hooks struct {
	OnCreate, UpdateContent, PostCreate, PostStart, PostAttach Command
}

// Command is a text for the shell, a program with its arguments, or several of
// these that run side by side. At most one field is set.
type Command struct {
	Shell    string
	Exec     []string
	Parallel []Named
}

// Named is one of several commands.
type Named struct {
	Name string
	Command
}

// IsZero reports whether there is no command.
func (c Command) IsZero() bool { return c.Shell == "" && len(c.Exec) == 0 && len(c.Parallel) == 0 }

// Args are the command as execve(2) takes it.
func (c Command) Args() []string {
	if c.Shell != "" {
		return []string{"/bin/sh", "-c", c.Shell}
	}
	return c.Exec
}
