package spec

import "time"

// Service is a program that the first process of a sandbox keeps running.
type Service struct {
	Name string   `json:"name"`
	Args []string `json:"args"`
	User string   `json:"user,omitempty"` // name or id; empty: the sandbox's user
	Env  []string `json:"env,omitempty"`  // KEY=value, sorted
	Dir  string   `json:"dir,omitempty"`  // absolute, inside; empty: the workspace
	// Image is a root file system of its own, Root where that is inside. Nothing of the
	// sandbox's environment is in Env then. Args, User and Dir that are empty are the image's.
	Image *Image `json:"image,omitempty"`
	Root  string `json:"root,omitempty"`
	// Early: it is there before the first hook, as a container is.
	Early bool `json:"early,omitempty"`
	// Said is what the image says, filled by the engine.
	Said *ImageSays `json:"said,omitempty"`
	// AfterEntrypoint: Args follow the image's entry point.
	AfterEntrypoint bool `json:"afterEntrypoint,omitempty"`

	Ready     Ready         `json:"ready,omitzero"`
	Restart   string        `json:"restart,omitempty"`   // see below; empty: no
	DependsOn []string      `json:"dependsOn,omitempty"` // names, sorted
	StopGrace time.Duration `json:"stopGrace,omitempty"` // between the signal and SIGKILL; 0: ten seconds
	StopWith  int           `json:"stopWith,omitempty"`  // the signal; 0: SIGTERM
}

// ImageSays is how an image wants to be run.
type ImageSays struct {
	Entrypoint []string `json:"entrypoint,omitempty"` // what Args begin with
	Args       []string `json:"args,omitempty"`
	User       string   `json:"user,omitempty"`
	Dir        string   `json:"dir,omitempty"` // absolute, in the image
	Env        []string `json:"env,omitempty"`
}

// Restart policies.
const (
	RestartNo        = "no"
	RestartOnFailure = "on-failure"
	RestartAlways    = "always"
)

// Ready says when a service can be used. At most one of Command, TCP, HTTP and Log is
// set; with none of them it is ready when it has started.
type Ready struct {
	Command  []string      `json:"command,omitempty"` // exits with 0
	TCP      int           `json:"tcp,omitempty"`     // a port of the sandbox's loopback takes connections
	HTTP     string        `json:"http,omitempty"`    // an address of it answers with a status of 200 to 399
	Exit     bool          `json:"exit,omitempty"`    // it has ended, with 0
	Log      string        `json:"log,omitempty"`     // a regular expression (RE2) that a line of its output matches
	Interval time.Duration `json:"interval,omitempty"`
	Timeout  time.Duration `json:"timeout,omitempty"` // after which it counts as not ready
}

// States of a service.
const (
	ServiceWaiting  = "waiting"  // for those that it depends on
	ServiceStarting = "starting" // it runs, and is not ready yet
	ServiceReady    = "ready"
	ServiceUnready  = "unready" // it runs, and was not ready in time
	ServiceBackoff  = "backoff" // it ended, and is started again soon
	ServiceDone     = "done"    // it ended with 0, for good
	ServiceFailed   = "failed"  // it ended otherwise, or could not be started
	ServiceStopped  = "stopped" // it was asked to end, or never started
)

// ServiceState is what is known of a service.
type ServiceState struct {
	Name     string    `json:"name"`
	State    string    `json:"state"`
	Since    time.Time `json:"since,omitzero"`
	PID      int       `json:"pid,omitempty"`      // inside
	Restarts int       `json:"restarts,omitempty"` // since it was started
	Detail   string    `json:"detail,omitempty"`   // why
	Tail     []string  `json:"tail,omitempty"`     // the last lines of output, where it failed
	// Took is how long it was from its start to being ready.
	Took time.Duration `json:"took,omitempty"`
	// Late: the time that it had to become ready is over.
	Late bool `json:"late,omitempty"`
}

// Runs reports whether there is a process.
func (s ServiceState) Runs() bool {
	return s.State == ServiceStarting || s.State == ServiceReady || s.State == ServiceUnready
}

// Good reports whether what depends on it may start.
func (s ServiceState) Good() bool { return s.State == ServiceReady || s.State == ServiceDone }

// Bad reports whether it will not become good by itself, or not in time.
func (s ServiceState) Bad() bool {
	return s.State == ServiceFailed || s.State == ServiceStopped || s.State == ServiceUnready || s.Late
}

// Usage is what the processes of a service use together; without a name, those of no service.
type Usage struct {
	Name      string        `json:"name,omitempty"`
	Processes int           `json:"processes"`
	Memory    int64         `json:"memory"` // bytes, resident; what processes of a service share is counted once
	CPU       time.Duration `json:"cpu"`    // processor time so far, of those that run
}
