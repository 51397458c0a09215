package userns

//go:generate go tool msgp -file launch.go -tests=false -io=false
//msgp:tuple Launch Limits Root Op Account
//msgp:ignore Degradation Report

// Launch is everything that a new process needs to build its surroundings. It
// is data alone: the parent decides, the child carries out.
type Launch struct {
	IDs           IDMap
	Hostname      string
	HostNetwork   bool
	DieWithParent bool
	Staging       string   // an empty directory of the host to mount the new root on
	Root          *Root    // nil: only ids and namespaces, the host's file system
	Ops           []Op     // in order, inside the new root
	User          *Account // who gets an entry in /etc/passwd
	Limits        Limits
	Net           *Net // nil: the network namespace has lo and nothing else
	// AfterPID is a number that the next processes come after; 0: the kernel's own, which are the same at each
	// start. Where the kernel knows of no such thing they are those all the same.
	AfterPID int
	Probe    bool // try the host's facilities instead of building anything
	// Payload is for the role that the process plays after Enter.
	Payload []byte
}

// Limits are resource limits of the processes inside; 0 means as outside.
type Limits struct {
	NProc uint64
	// Present is how many processes and threads the caller has outside, which the kernel counts too.
	Present uint64
	NoFile  uint64
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
	Kind  string
	Lower []string // overlay: lowest last
	Upper string   // overlay: empty means in memory; dir: the directory
	Work  string
}

// Operation kinds.
const (
	OpBind      = "bind"      // Source of the host, with what is mounted below it
	OpVolume    = "volume"    // the same, made at its first use: as the image has it at Target, else empty and UID's and GID's
	OpTmpfs     = "tmpfs"     // Mode, Size
	OpFiles     = "files"     // a read-only directory in memory; Data, see FilesData; Mode, UID, GID of each file
	OpFile      = "file"      // the same, one file: Data is its content; Mode, UID, GID
	OpOverlay   = "overlay"   // Lower, Upper, Work; Copy
	OpMkdir     = "mkdir"     // Mode, UID, GID
	OpSymlink   = "symlink"   // Source is the link's text
	OpWrite     = "write"     // Data, Mode, UID, GID; replaces what is there
	OpDev       = "dev"       // a private /dev
	OpProc      = "proc"      //
	OpSys       = "sys"       //
	OpMask      = "mask"      // covers Target, if there is one, with nothing
	OpStandard  = "standard"  // all the steps of Standard
	OpUncovered = "uncovered" // the same, with nothing of /proc and /sys covered
	OpDevice    = "device"    // the device Source of the host
	OpReadOnly  = "readonly"  // makes Target, if there is one, read-only
	OpPin       = "pin"       // keeps Target, if there is one, in its place: it can be neither renamed nor removed
	OpTop       = "top"       // makes the mount at Target read-only, but not those below it
	OpReal      = "real"      // bind, of a Source that no symbolic link leads to
	OpRoot      = "root"      // an overlay; Lower are layers, the lowest last, with NUL between them; Upper, Work
	OpShare     = "share"     // what is at Source inside appears at Target too
	OpBlock     = "block"     // Data become the first lines of the text Target, in place of those of an earlier start
)

// Op is one step of set-up. Target is an absolute path inside and is resolved
// there: it never leaves the root, and goes through a symbolic link only with Follow.
type Op struct {
	Kind     string
	Source   string
	Target   string
	Follow   bool
	Optional bool // a missing Source (write: a missing directory) is no error; volume: it begins empty
	ReadOnly bool
	NoSuid   bool
	NoExec   bool
	Copy     bool // overlay: where there can be none, a copy of what may be read of Lower
	Mode     uint32
	Size     int64 // bytes
	UID      int
	GID      int
	Data     string

	Lower string
	Upper string // empty: in memory
	Work  string
}

// Account is an entry of /etc/passwd and /etc/group.
type Account struct {
	Name  string
	UID   int
	GID   int
	Home  string
	Shell string // empty: /bin/bash if there, else /bin/sh
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
