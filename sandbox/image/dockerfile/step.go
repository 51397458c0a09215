package dockerfile

import (
	dockerspec "github.com/moby/docker-image-spec/specs-go/v1"
	v1 "github.com/opencontainers/image-spec/specs-go/v1"
)

// Config is an image's configuration as docker knows it.
type Config = dockerspec.DockerOCIImage

// Step is an instruction that changes files. Exactly one of Run, Copy and Dir is set.
type Step struct {
	Number, Of int // among those of its stage, the FROM being the first
	Line, End  int
	Text       string // as people know it, in one line
	Run        *Run
	Copy       *Copy
	Dir        string // WORKDIR: a directory to make
	DirOwner   string // whose it is when it is made; empty: root's
	// Created is what the history of the image says of it.
	Created string
}

// Result is what a stage comes to.
type Result struct {
	Steps  []Step
	Config Config
	// History has an entry for each instruction; those that are not EmptyLayer are the steps', in order.
	History []v1.History
	// Notes are what a user may want to know, with no effect.
	Notes []string
}

// Run is a command to run.
type Run struct {
	Args    []string `json:"args"`
	Env     []string `json:"env"` // the image's, then the arguments
	Proxy   []string `json:"-"`   // predefined arguments, which decide nothing of what is made
	Dir     string   `json:"dir"`
	User    string   `json:"user,omitempty"`
	Network string   `json:"network,omitempty"` // none, host; empty: the usual
	Mounts  []Mount  `json:"mounts,omitempty"`
	// Script is an executable file in memory that Args name, see ScriptDir.
	Script     string `json:"script,omitempty"`
	ScriptName string `json:"scriptName,omitempty"`
}

// ScriptDir is where a here-document that begins with #! stands inside.
const ScriptDir = "/dev/pipes"

// Mount kinds.
const (
	MountBind   = "bind"
	MountCache  = "cache"
	MountTmpfs  = "tmpfs"
	MountSecret = "secret"
	MountSSH    = "ssh"
)

// Mount is a RUN --mount.
type Mount struct {
	Type     string `json:"type"`
	From     Source `json:"from,omitzero"`
	Path     string `json:"path,omitempty"`   // in From
	Target   string `json:"target,omitempty"` // absolute
	ReadOnly bool   `json:"readOnly,omitempty"`
	Size     int64  `json:"size,omitempty"`
	ID       string `json:"id,omitempty"` // of a cache, a secret, an agent
	Sharing  string `json:"sharing,omitempty"`
	Required bool   `json:"required,omitempty"`
	Env      string `json:"env,omitempty"` // a secret as a variable
	Mode     uint32 `json:"mode,omitempty"`
	UID      int    `json:"uid,omitempty"`
	GID      int    `json:"gid,omitempty"`
}

// Copy is a COPY or an ADD.
type Copy struct {
	From    Source   `json:"from"`
	Paths   []string `json:"paths,omitempty"`
	Inline  []Inline `json:"inline,omitempty"` // here-documents
	URLs    []string `json:"urls,omitempty"`
	Gits    []Git    `json:"gits,omitempty"`
	Dest    string   `json:"dest"` // absolute; ends in a slash when it must be a directory
	Chown   string   `json:"chown,omitempty"`
	Chmod   string   `json:"chmod,omitempty"`
	Exclude []string `json:"exclude,omitempty"`
	Parents bool     `json:"parents,omitempty"`
	Add     bool     `json:"add,omitempty"` // archives of the context are extracted
	Unpack  bool     `json:"unpack,omitempty"`
	// Checksum is that of the one URL, or the commit of the one repository.
	Checksum string `json:"checksum,omitempty"`
}

// Git is a repository to add, as it is at a commit.
type Git struct {
	Remote string `json:"remote"` // https, or http
	Ref    string `json:"ref,omitempty"`
	Dir    string `json:"dir,omitempty"`  // in it
	Keep   bool   `json:"keep,omitempty"` // .git as well
}

// Inline is a file whose text stands in the Dockerfile.
type Inline struct {
	Name string `json:"name"`
	Data string `json:"data"`
}
