package wire

import (
	"time"

	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

// ExecBody asks for a command.
type ExecBody struct {
	Version int          `json:"version"`
	Command spec.Command `json:"command"`
	Rows    uint16       `json:"rows,omitempty"`
	Cols    uint16       `json:"cols,omitempty"`
}

// StartedBody says that the command runs.
type StartedBody struct {
	PID int `json:"pid"` // inside
}

// SignalBody is a signal for the command. SIGCONT resumes a suspended one; SIGKILL ends all of it.
type SignalBody struct {
	Number int `json:"number"`
}

// EndBody asks for the end of a command with all that it started: by SIGTERM, and after
// the grace by SIGKILL.
type EndBody struct {
	Grace time.Duration `json:"grace"`
}

// ExitedBody says how the command ended.
type ExitedBody struct {
	Exit spec.Exit `json:"exit"`
	// Repaired counts files of the project that were given back to the user.
	Repaired int `json:"repaired,omitempty"`
	// Git is what was found amiss with the project's repository, see gitrepo.Watch.
	Git []string `json:"git,omitempty"`
	// Alone: nothing else is left in the sandbox, which is ending.
	Alone bool `json:"alone,omitempty"`
}

// Reasons of a refusal.
const (
	RefusedVersion = "version"
	RefusedCommand = "command" // Path could not be executed
	RefusedDir     = "dir"     // Path is no usable working directory
	RefusedUser    = "user"    // Path names no user
	RefusedSocket  = "socket"
	RefusedOther   = "other"
)

// OneID is the text of a refusal of a user, where no other id is mapped than the caller's.
const OneID = "only one user id is available here"

// RefusedBody says why a request was not carried out.
type RefusedBody struct {
	Reason string `json:"reason"`
	Path   string `json:"path,omitempty"`
	Text   string `json:"text"`
	Errno  int    `json:"errno,omitempty"`
}

// StopBody asks the agent to end the sandbox.
type StopBody struct {
	Version int           `json:"version"`
	Timeout time.Duration `json:"timeout"`
}

// EnvBody changes the environment that every command starts from.
type EnvBody struct {
	Version int      `json:"version"`
	Drop    []string `json:"drop,omitempty"`  // names
	Env     []string `json:"env,omitempty"`   // NAME=value
	Shell   string   `json:"shell,omitempty"` // the login shell of the sandbox's user
}

// CountedBody says how many processes run inside beside the agent.
type CountedBody struct {
	N        int `json:"n"`
	Attended int `json:"attended,omitempty"` // commands that a client waits for
}

// Kinds of sockets.
const (
	SocketDial   = "dial"   // connected, or on its way: it becomes writable
	SocketListen = "listen" // with UDP: bound
	SocketTun    = "tun"    // the other end of the sandbox's interface
	SocketDiag   = "diag"   // netlink, that tells of the sandbox's sockets
)

// SocketBody asks for a socket in the sandbox's network.
type SocketBody struct {
	Kind string `json:"kind"`
	UDP  bool   `json:"udp,omitempty"`
	Addr []byte `json:"addr,omitempty"` // 4 or 16 bytes
	Port int    `json:"port,omitempty"`
}

// Empty is the body of a message that needs none.
type Empty struct{}

// What a client wants of services.
const (
	ServicesSet     = "set"     // those defined on this connection are all that there are; start them and wait until they are ready, or not
	ServicesStart   = "start"   // and wait
	ServicesStop    = "stop"    // and wait
	ServicesRestart = "restart" // stop, start, and wait
	ServicesList    = "list"
	ServicesFollow  = "follow" // tell of each change, until the client closes the connection
)

// ServiceBody defines a service, or says what is to be done.
type ServiceBody struct {
	Version int           `json:"version"`
	Define  *spec.Service `json:"define,omitempty"`
	Do      string        `json:"do,omitempty"`
	Names   []string      `json:"names,omitempty"` // none: all
	Stats   bool          `json:"stats,omitempty"` // list: with what each uses
}

// ServicesBody is what there is.
type ServicesBody struct {
	States []spec.ServiceState `json:"states"`
	Stats  []spec.Usage        `json:"stats,omitempty"` // the last one, without a name, is of all else
	Last   bool                `json:"last,omitempty"`
}
