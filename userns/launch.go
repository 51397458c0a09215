package userns

import "encoding/json"

// Launch is everything that a new process needs to build its surroundings. It
// is data alone: the parent decides, the child carries out.
type Launch struct {
	IDs           IDMap    `json:"ids"`
	Hostname      string   `json:"hostname,omitempty"`
	HostNetwork   bool     `json:"hostNetwork,omitempty"`
	DieWithParent bool     `json:"dieWithParent,omitempty"`
	Staging       string   `json:"staging,omitempty"` // an empty directory of the host to mount the new root on
	Root          *Root    `json:"root,omitempty"`    // nil: only ids and namespaces, the host's file system
	Ops           []Op     `json:"ops,omitempty"`     // in order, inside the new root
	User          *Account `json:"user,omitempty"`    // who gets an entry in /etc/passwd
	Exe           string   `json:"exe,omitempty"`     // path of the running binary, filled by Start; empty when it is a sealed copy
	Limits        Limits   `json:"limits"`
	Probe         bool     `json:"probe,omitempty"` // try the host's facilities instead of building anything
	// Payload is for the role that the process plays after Enter.
	Payload json.RawMessage `json:"payload,omitempty"`
}

// Limits are resource limits of the processes inside; 0 means as outside.
type Limits struct {
	NProc uint64 `json:"nproc,omitempty"`
	// Present is how many processes and threads the caller has outside, which the kernel counts too.
	Present uint64 `json:"present,omitempty"`
	NoFile  uint64 `json:"nofile,omitempty"`
}

// Root kinds.
const (
	RootTmpfs   = "tmpfs"          // empty, in memory
	RootDir     = "dir"            // a directory, used as it is
	RootOverlay = "overlay"        // layers with a writable one on top
	RootFuse    = "fuse-overlayfs" // the same by the program fuse-overlayfs
)

// Root is the root file system.
type Root struct {
	Kind  string   `json:"kind"`
	Lower []string `json:"lower,omitempty"` // overlay: lowest last
	Upper string   `json:"upper,omitempty"` // overlay: empty means in memory; dir: the directory
	Work  string   `json:"work,omitempty"`
}

// Operation kinds.
const (
	OpBind     = "bind"     // Source of the host, with what is mounted below it
	OpTmpfs    = "tmpfs"    // Mode, Size
	OpOverlay  = "overlay"  // Lower, Upper, Work
	OpMkdir    = "mkdir"    // Mode, UID, GID
	OpSymlink  = "symlink"  // Source is the link's text
	OpWrite    = "write"    // Data, Mode, UID, GID; replaces what is there
	OpDev      = "dev"      // a private /dev
	OpProc     = "proc"     //
	OpSys      = "sys"      //
	OpMask     = "mask"     // covers Target, if there is one, with nothing
	OpStandard = "standard" // all the steps of Standard
	OpReadOnly = "readonly" // makes Target, if there is one, read-only
)

// Op is one step of set-up. Target is an absolute path inside and is resolved
// there: it never leaves the root, and goes through a symbolic link only with Follow.
type Op struct {
	Kind     string `json:"kind"`
	Source   string `json:"source,omitempty"`
	Target   string `json:"target"`
	Follow   bool   `json:"follow,omitempty"`
	Optional bool   `json:"optional,omitempty"` // a missing Source (write: a missing directory) is no error
	ReadOnly bool   `json:"readonly,omitempty"`
	NoSuid   bool   `json:"nosuid,omitempty"`
	NoExec   bool   `json:"noexec,omitempty"`
	Mode     uint32 `json:"mode,omitempty"`
	Size     int64  `json:"size,omitempty"` // bytes
	UID      int    `json:"uid,omitempty"`
	GID      int    `json:"gid,omitempty"`
	Data     string `json:"data,omitempty"`

	Lower string `json:"lower,omitempty"`
	Upper string `json:"upper,omitempty"` // empty: in memory
	Work  string `json:"work,omitempty"`
}

// Account is an entry of /etc/passwd and /etc/group.
type Account struct {
	Name  string `json:"name"`
	UID   int    `json:"uid"`
	GID   int    `json:"gid"`
	Home  string `json:"home"`
	Shell string `json:"shell,omitempty"` // empty: /bin/bash if there, else /bin/sh
}

// Degradation is something usual that this host did not give.
type Degradation struct {
	What string `json:"what"`
	Why  string `json:"why"`
}

// Report is the child's answer when the set-up is done, or has failed.
type Report struct {
	Error    *Error        `json:"error,omitempty"`
	Degraded []Degradation `json:"degraded,omitempty"`
	Facts    []Fact        `json:"facts,omitempty"`
}
