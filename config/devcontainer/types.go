package devcontainer

// File is a devcontainer.json, or one entry of an image's metadata. What the file
// does not say is zero; File.Has tells that apart from what it says to be so.
type File struct {
	Schema string `json:"$schema"`
	Name   string `json:"name"`

	Image             string   `json:"image"`
	Build             Build    `json:"build"`
	DockerFile        string   `json:"dockerFile"` // before there was build
	Context           string   `json:"context"`    // the same
	DockerComposeFile Strings  `json:"dockerComposeFile"`
	Service           string   `json:"service"`
	RunServices       []string `json:"runServices"`

	Features                    map[string]Options `json:"features"`
	OverrideFeatureInstallOrder []string           `json:"overrideFeatureInstallOrder"`

	InitializeCommand    Command `json:"initializeCommand"`
	OnCreateCommand      Command `json:"onCreateCommand"`
	UpdateContentCommand Command `json:"updateContentCommand"`
	PostCreateCommand    Command `json:"postCreateCommand"`
	PostStartCommand     Command `json:"postStartCommand"`
	PostAttachCommand    Command `json:"postAttachCommand"`
	WaitFor              string  `json:"waitFor" enum:"initializeCommand onCreateCommand updateContentCommand postCreateCommand postStartCommand"`

	RemoteUser          string            `json:"remoteUser"`
	ContainerUser       string            `json:"containerUser"`
	UpdateRemoteUserUID bool              `json:"updateRemoteUserUID"`
	ContainerEnv        map[string]string `json:"containerEnv"`
	RemoteEnv           Env               `json:"remoteEnv"`
	UserEnvProbe        string            `json:"userEnvProbe" enum:"none loginShell loginInteractiveShell interactiveShell"`

	WorkspaceFolder string  `json:"workspaceFolder"`
	WorkspaceMount  string  `json:"workspaceMount"`
	Mounts          []Mount `json:"mounts"`

	RunArgs         []string `json:"runArgs"`
	Init            bool     `json:"init"`
	Privileged      bool     `json:"privileged"`
	CapAdd          []string `json:"capAdd"`
	SecurityOpt     []string `json:"securityOpt"`
	OverrideCommand bool     `json:"overrideCommand"`
	ShutdownAction  string   `json:"shutdownAction" enum:"none stopContainer stopCompose"`

	ForwardPorts         Ports                     `json:"forwardPorts"`
	PortsAttributes      map[string]PortAttributes `json:"portsAttributes"`
	OtherPortsAttributes PortAttributes            `json:"otherPortsAttributes"`
	AppPort              Ports                     `json:"appPort"`

	HostRequirements HostRequirements  `json:"hostRequirements"`
	Secrets          map[string]Secret `json:"secrets"`
	Customizations   Raw               `json:"customizations"`

	// Of metadata alone: what a feature adds.
	ID         string `json:"id" metadata:"true"`
	Entrypoint string `json:"entrypoint" metadata:"true"`

	// Of an editor, from before there was customizations.
	Extensions Raw `json:"extensions"`
	Settings   Raw `json:"settings"`
	DevPort    Raw `json:"devPort"`

	// At is where each value stands, by its path: containerEnv.A, mounts[0].
	At map[string]Position `json:"-"`
}

// Has reports whether the file says anything of a property.
func (f *File) Has(key string) bool { _, ok := f.At[key]; return ok }

// Position is 1-based; the column counts characters.
type Position struct{ Line, Column int }

// Build is how the image is made.
type Build struct {
	Dockerfile string            `json:"dockerfile"`
	Context    string            `json:"context"`
	Target     string            `json:"target"`
	Args       map[string]string `json:"args"`
	CacheFrom  Strings           `json:"cacheFrom"`
	Options    []string          `json:"options"`
}

// PortAttributes is how a port is shown and forwarded.
type PortAttributes struct {
	Label            string `json:"label"`
	OnAutoForward    string `json:"onAutoForward" enum:"notify openBrowser openBrowserOnce openPreview silent ignore"`
	Protocol         string `json:"protocol" enum:"http https"`
	RequireLocalPort bool   `json:"requireLocalPort"`
	ElevateIfNeeded  bool   `json:"elevateIfNeeded"`
}

// HostRequirements is what the machine should have; sizes are as they are written: 8gb.
type HostRequirements struct {
	CPUs    int    `json:"cpus"`
	Memory  string `json:"memory" check:"size"`
	Storage string `json:"storage" check:"size"`
	GPU     GPU    `json:"gpu"`
}

// GPU is true, "optional", or an object of what it should have.
type GPU struct {
	Wanted   bool
	Optional bool
	Cores    int    `json:"cores"`
	Memory   string `json:"memory" check:"size"`
}

// Secret is what is said of a recommended one.
type Secret struct {
	Description      string `json:"description"`
	DocumentationURL string `json:"documentationUrl"`
}

// Strings is one text or a list of them.
type Strings []string

// Ports are numbers and texts, one or a list of them; numbers as they are written.
type Ports []string

// Env is variables; nil is one that is removed.
type Env map[string]*string

// Options of a feature, as text. One that is given as a text or a truth by itself has
// it as its version.
type Options map[string]string

// Raw is any JSON, without comments.
type Raw []byte

// Mount is one of mounts, an object or a text as docker run --mount takes it.
type Mount struct {
	Type     string
	Source   string
	Target   string
	ReadOnly bool
	Size     string   // of a tmpfs
	Ignored  []string // keys of the text without a meaning here
}

// Command is one command or several that run side by side. At most one is set.
type Command struct {
	Shell    string
	Exec     []string
	Parallel map[string]Command
}

// IsZero reports whether there is nothing to run.
func (c Command) IsZero() bool { return c.Shell == "" && len(c.Exec) == 0 && len(c.Parallel) == 0 }
