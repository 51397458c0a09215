// Package spec is the vocabulary that the planner, the engine, the agent and
// the command line share. It decides nothing and imports nothing of ours.
package spec

import (
	"strings"
	"time"
)

// Version is the version of Spec as it is written to disk. A state file with
// another version is refused, never guessed at.
const Version = 1

// Spec says everything about one sandbox before it is started. Plan makes it
// from a configuration; the engine carries it out and keeps it on disk.
type Spec struct {
	Version   int    `json:"version"`
	ID        string `json:"id"`   // 6 hex digits of the project's path and the instance name
	Name      string `json:"name"` // for people: hello-4f2a9c
	Instance  string `json:"instance,omitempty"`
	Project   string `json:"project"` // absolute path on the host, symbolic links resolved
	Hostname  string `json:"hostname"`
	Ephemeral bool   `json:"ephemeral,omitempty"` // made by run: nothing is kept

	Image     Image     `json:"image"`
	User      User      `json:"user"`
	IDs       IDMode    `json:"ids"`
	Workspace Workspace `json:"workspace"`
	Mounts    []Mount   `json:"mounts,omitempty"`
	Network   string    `json:"network"` // none | host | private | filtered
	Net       Net       `json:"net,omitzero"`
	Limits    Limits    `json:"limits"`
	Env       []string  `json:"env,omitempty"` // KEY=value, sorted; the base of every command's environment
	Security  Security  `json:"security,omitzero"`
	PassEnv   []string  `json:"passEnv,omitempty"` // names of variables of the caller that each command gets, sorted
	Hooks     Hooks     `json:"hooks"`
	Config    string    `json:"config,omitempty"` // digest of the project's files that configure it

	Caches   []Cache   `json:"caches,omitempty"`
	Secrets  []Secret  `json:"secrets,omitempty"`
	Dotfiles *Dotfiles `json:"dotfiles,omitempty"`

	Services []Service `json:"services,omitempty"` // by name

	GitHooks string `json:"gitHooks,omitempty"` // GitProtect | GitReadOnly | GitAllow
	SSHAgent bool   `json:"sshAgent,omitempty"`

	Dev *Dev `json:"devcontainer,omitempty"` // what a devcontainer.json adds; nil without one
}

// Image kinds.
const (
	ImageHost = "host"       // this machine's system directories, read-only
	ImageDir  = "rootfs-dir" // a directory used as the lower layer
	ImageTar  = "rootfs-tar" // an archive, unpacked into the store once

	ImageRegistry      = "docker"         // of a registry
	ImageOCI           = "oci"            // an OCI layout, a directory
	ImageOCIArchive    = "oci-archive"    // the same in a tar archive
	ImageDockerArchive = "docker-archive" // what docker save writes
	ImageKept          = "kept"           // one that is here, whatever it was made of; never in a sandbox
	ImageApt           = "apt"            // made from packages of a Debian-style archive
)

// Image names where the root file system comes from.
type Image struct {
	Kind string `json:"kind"`
	Path string `json:"path,omitempty"` // absolute; of a file or directory of the host
	Ref  string `json:"ref"`            // as the user wrote it
	// Name is what it is kept under in the store; empty for what is not kept there.
	Name     string    `json:"name,omitempty"`
	Platform string    `json:"platform,omitempty"` // os/arch[/variant]; empty: this machine's
	Tag      string    `json:"tag,omitempty"`      // of an OCI layout or archive that holds several
	Apt      *Apt      `json:"apt,omitempty"`
	Build    *Build    `json:"build,omitempty"`
	Packages []string  `json:"packages,omitempty"` // sorted; installed on top
	Features []Feature `json:"features,omitempty"` // in the order of their installation, on top of the packages
	// Registry is how registries are reached. It decides nothing of what the image is, and is not kept.
	Registry Registry `json:"-"`
	// AptLogin is NAME:PASSWORD at the archive, escaped as in an address. It is not kept either.
	AptLogin string `json:"-"`

	// What it was when the sandbox was made, filled by the engine.
	Digest string   `json:"digest,omitempty"`
	Layers []string `json:"layers,omitempty"` // keys of the store, the lowest first
	Env    []string `json:"env,omitempty"`    // the image's own
}

// Registry is how registries are reached.
type Registry struct {
	Mirrors  []Mirror
	CAFile   string // PEM; trusted besides the system's certificates
	AuthFile string // in the format of docker's config.json
}

// Mirror stands in front of a registry.
type Mirror struct {
	Prefix string
	With   []string
	Only   bool
}

// Apt is where packages of a Debian-style archive come from.
type Apt struct {
	Suite      string   `json:"suite"`
	Mirror     string   `json:"mirror,omitempty"`
	Components []string `json:"components,omitempty"`
	Snapshot   string   `json:"snapshot,omitempty"`
	Keyring    string   `json:"keyring,omitempty"`
}

// Name says all that decides what an image of packages is.
func (a Apt) Name(packages []string) string {
	name := "apt:" + a.Suite
	for _, part := range []string{a.Mirror, strings.Join(a.Components, ","), a.Snapshot, a.Keyring} {
		if part != "" {
			name += " " + part
		}
	}
	if len(packages) > 0 {
		name += " + " + strings.Join(packages, " ")
	}
	return name
}

// User modes.
const (
	UserKeep = "keep" // the caller's own name and id, mapped to the caller
	UserRoot = "root" // 0 inside is the caller outside
	UserName = "name" // a user of the image is the caller outside
)

// User is who commands run as unless they say otherwise. For UserName only
// Name is known before the root file system is read; the engine fills the rest.
type User struct {
	Mode  string `json:"mode"`
	Asked string `json:"asked,omitempty"` // UserName: what the configuration says, a name or an id
	Name  string `json:"name"`
	UID   int    `json:"uid"` // inside
	GID   int    `json:"gid"` // inside
	Home  string `json:"home"`
	Shell string `json:"shell,omitempty"` // empty: found in the root file system
}

// IDMode says how ids are mapped.
type IDMode string

// Id modes.
const (
	IDsRange  IDMode = "range"  // a subordinate range, by newuidmap or by root itself
	IDsSingle IDMode = "single" // the caller's id alone, with root emulation
)

// Workspace is where the project appears inside.
type Workspace struct {
	Target string `json:"target"`         // absolute path inside; empty with WorkspaceNone
	Mode   string `json:"mode"`           // rw | ro | overlay | none
	Root   string `json:"root,omitempty"` // what appears there, a directory that the project is in; empty: the project
	Dir    string `json:"dir,omitempty"`  // where the project is inside; empty: Target
	// Start is where commands start that no directory was asked for; empty: in the project.
	Start string `json:"start,omitempty"`
}

// Top is the directory of the host that appears inside.
func (s Spec) Top() string {
	if s.Workspace.Root != "" {
		return s.Workspace.Root
	}
	return s.Project
}

// Start is where commands start.
func (s Spec) Start() string {
	switch w := s.Workspace; {
	case w.Start != "":
		return w.Start
	case w.Dir != "":
		return w.Dir
	case w.Target != "":
		return w.Target
	}
	return s.User.Home
}

// Inside is where the project is, or where commands start when it is not inside.
func (s Spec) Inside() string {
	s.Workspace.Start = ""
	return s.Start()
}

// WorkspaceNone leaves the directory outside, which is none that a project may be in.
const WorkspaceNone = "none"

// Mount is one mount that the configuration asked for.
type Mount struct {
	Type     string `json:"type"`             // bind | volume | tmpfs
	Source   string `json:"source,omitempty"` // absolute host path, or a volume's name
	Target   string `json:"target"`           // absolute path inside
	Exact    bool   `json:"exact,omitempty"`  // a symbolic link in Source was put there since it was looked at: refused
	ReadOnly bool   `json:"readonly,omitempty"`
	Size     int64  `json:"size,omitempty"` // bytes, tmpfs only; 0: the kernel's default
}

// Limits are resource limits; 0 means none.
type Limits struct {
	Memory int64   `json:"memory,omitempty"` // bytes, of all processes together
	CPUs   float64 `json:"cpus,omitempty"`   // processor time of all together
	PIDs   int     `json:"pids,omitempty"`   // processes and threads
	NoFile int     `json:"nofile,omitempty"` // open files per process
}

// Hooks are the project's own commands at points of the life of a sandbox.
type Hooks struct {
	Entry      []Hook `json:"entry,omitempty"`      // each start, before all others, as root: entry points of an image or a feature
	Initialize []Hook `json:"initialize,omitempty"` // each up, on the host
	PostCreate []Hook `json:"postCreate,omitempty"` // once per sandbox, after update
	Create     []Hook `json:"create,omitempty"`     // once per sandbox, and again when it reads otherwise
	Update     []Hook `json:"update,omitempty"`     // when the configuration or the image changed
	Start      []Hook `json:"start,omitempty"`      // each start
	Attach     []Hook `json:"attach,omitempty"`     // each shell
}

// Hook is one command of a hook. The commands of one stage run in parallel.
type Hook struct {
	Name  string   `json:"name"`            // "create", or "create.deps" for one entry of a map
	Args  []string `json:"args"`            // a string of the configuration arrives as [/bin/sh -c STRING]
	Stage int      `json:"stage,omitempty"` // after all of a lower one
	Root  bool     `json:"root,omitempty"`  // run as user 0, in /
}

// Command is one command to run inside.
type Command struct {
	Args []string `json:"args"`
	Env  []string `json:"env,omitempty"`  // added to the sandbox's environment; the last one wins
	Dir  string   `json:"dir,omitempty"`  // absolute path inside; empty: the workspace
	User string   `json:"user,omitempty"` // name or id[:gid]; empty: the sandbox's user
	Root bool     `json:"root,omitempty"` // run as user 0
	TTY  bool     `json:"tty,omitempty"`
	// Login asks for the user's login shell instead of Args.
	Login bool `json:"login,omitempty"`
	Hook  bool `json:"hook,omitempty"` // it is a hook's
}

// Exit is how a command ended.
type Exit struct {
	Code   int `json:"code"`             // exit status; 128+Signal when a signal ended it
	Signal int `json:"signal,omitempty"` // the signal's number, 0 for none
}

// Status of a sandbox.
const (
	Running = "running"
	Stopped = "stopped" // ended by down
	Dead    = "dead"    // its first process is gone and nobody said down: a kill, a crash, a reboot
)

// Info is what ps, status and inspect show.
type Info struct {
	ID        string    `json:"id"`
	Name      string    `json:"name"`
	Instance  string    `json:"instance,omitempty"`
	Project   string    `json:"project"`
	Image     string    `json:"image"`
	Status    string    `json:"status"`
	PID       int       `json:"pid,omitempty"` // host pid of the first process while running
	Created   time.Time `json:"created"`
	Started   time.Time `json:"started,omitzero"`
	IDs       IDMode    `json:"ids"`
	User      string    `json:"user"`
	Network   string    `json:"network"`
	Processes int       `json:"processes,omitempty"`
	// HooksPending: it runs, but up did not get to the end of its hooks.
	HooksPending bool `json:"hooksPending,omitempty"`
	// Background are the hooks that go on, or wait, without an up that waits for them.
	Background []string `json:"background,omitempty"`
	// HooksFailed is why such hooks ended.
	HooksFailed string `json:"hooksFailed,omitempty"`
	// NetworkState is nil where nothing beside the sandbox serves its network.
	NetworkState *NetworkState `json:"networkState,omitempty"`
	// Services are those of one that runs, as they are now.
	Services []ServiceState `json:"services,omitempty"`
	Spec     *Spec          `json:"spec,omitempty"` // inspect only
}

// Event is something that happened while the engine worked; the command line
// renders it. Kind decides which fields are set.
type Event struct {
	Kind    string        `json:"kind"` // image | progress | sandbox | hook | service | step | output | repaired | degraded | note
	Name    string        `json:"name,omitempty"`
	Detail  string        `json:"detail,omitempty"`
	State   string        `json:"state,omitempty"` // start | ok | failed | cached
	Elapsed time.Duration `json:"elapsed,omitempty"`
	Count   int           `json:"count,omitempty"`
	Done    int64         `json:"done,omitempty"`  // progress: bytes so far
	Total   int64         `json:"total,omitempty"` // progress: bytes in all, 0 when that is not known
	Step    int           `json:"step,omitempty"`  // step, output of one: its number in the build
	Tail    []string      `json:"tail,omitempty"`  // service: the last lines of its output
}

// Degradation is something asked for, or usual, that this host cannot give.
type Degradation struct {
	What string `json:"what"` // ids | proc | overlay | limits | network ...
	Why  string `json:"why"`
}
