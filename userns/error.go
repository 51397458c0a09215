package userns

import "encoding/json"

// What an operation needs of the host; the caller turns it into advice.
const (
	NeedsUserNamespaces = "user-namespaces" // the kernel refused to make one
	NeedsMount          = "mount-in-userns" // one was made, but mounting in it is refused
	NeedsKernel         = "kernel-5.12"     // the kernel is too old
	NeedsOverlay        = "overlay"         // no overlay file system in a user namespace
	NeedsSubIDs         = "subids"          // newuidmap refused the map
	NeedsIDHelpers      = "id-helpers"      // newuidmap or newgidmap is not installed
	NeedsNewPrivs       = "new-privs"       // newuidmap would gain no rights
	NeedsSetFCap        = "setfcap"         // root without the capability that mapping root takes
	NeedsIDsHere        = "ids-here"        // the subordinate ids are those of another user namespace
	NeedsFuse           = "fuse"            // the program fuse-overlayfs, or /dev/fuse
	NeedsCgroup2        = "cgroup2"         // limits of memory and processors
	NeedsNetwork        = "network"         // a network namespace of one's own
	NeedsProc           = "proc"            // /proc is covered, as in a container
	NeedsTarget         = "target"          // a mount target inside the root is not usable
	NeedsSource         = "source"          // the source of a bind mount is not usable
	NeedsRootfs         = "rootfs"          // the root file system is not usable
)

// Error is what was tried, on what, and why it failed. It carries no advice.
type Error struct {
	Op    string // "mount overlay"
	Path  string // on what; may be empty
	Err   error
	Needs string // one of the Needs constants, or empty
}

func (e *Error) Error() string {
	s := e.Op
	if e.Path != "" {
		s += " on " + e.Path
	}
	return s + ": " + e.Err.Error()
}

func (e *Error) Unwrap() error { return e.Err }

// wireError is an Error on its way from the child to the parent: the cause
// travels as its number where it has one, so that errors.Is works there too.
type wireError struct {
	Op, Path, Needs, Text string
	Errno                 uintptr
}

// MarshalJSON implements json.Marshaler.
func (e *Error) MarshalJSON() ([]byte, error) {
	errno, text := errnoOf(e.Err)
	return json.Marshal(wireError{Op: e.Op, Path: e.Path, Needs: e.Needs, Text: text, Errno: errno})
}

// UnmarshalJSON implements json.Unmarshaler.
func (e *Error) UnmarshalJSON(b []byte) error {
	var w wireError
	if err := json.Unmarshal(b, &w); err != nil {
		return err
	}
	*e = Error{Op: w.Op, Path: w.Path, Needs: w.Needs, Err: remoteError{w.Text, w.Errno}}
	return nil
}
