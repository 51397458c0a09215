// Package job is work that must be done in a user namespace, because it touches
// what belongs to subordinate ids. It answers: how are such files deleted,
// unpacked and copied?
package job

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime"
	"syscall"

	"github.com/rootless-sandbox/sandbox/sandbox/image/archive"
	"github.com/rootless-sandbox/sandbox/sandbox/rootfs"
	"github.com/rootless-sandbox/sandbox/userns"
)

// Role is the argv[0] of a process that does one.
const Role = "sandbox-job"

// Nothing is the payload of a job that only tries the namespace.
var Nothing = json.RawMessage("{}")

// Main plays the role and returns the exit code. What went wrong goes to
// standard error, which the parent reads.
func Main() int {
	runtime.LockOSThread() // Enter ties the life of the process to this thread
	syscall.Umask(0o022)   // what is made is for every user inside, whatever the caller's own files are
	in, err := userns.Enter(func(userns.Launch) {})
	if err != nil {
		return 1 // the parent has been told, or is gone
	}
	var j Job
	if err := json.Unmarshal(in.Payload, &j); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return j.run()
}

// Job is one piece of work. No root file system is built for it.
type Job struct {
	Remove []string `json:"remove,omitempty"` // trees to delete
	Unpack *Unpack  `json:"unpack,omitempty"`
	Copy   *Copy    `json:"copy,omitempty"`
}

// Unpack extracts an archive with its owners.
type Unpack struct {
	Archive string `json:"archive"`
	Dir     string `json:"dir"`              // made, then filled
	Final   string `json:"final"`            // what it is renamed to when it is whole
	Single  bool   `json:"single,omitempty"` // owners cannot be applied
}

// Copy copies a tree with its owners.
type Copy struct {
	From string `json:"from"`
	To   string `json:"to"`
}

func (j *Job) run() int {
	var errs []error
	for _, dir := range j.Remove {
		errs = append(errs, os.RemoveAll(dir))
	}
	if u := j.Unpack; u != nil {
		errs = append(errs, u.run())
	}
	if c := j.Copy; c != nil {
		errs = append(errs, c.run())
	}
	if err := errors.Join(errs...); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func (u *Unpack) run() error {
	if err := os.Mkdir(u.Dir, 0o755); err != nil {
		return err
	}
	if err := archive.Unpack(context.Background(), u.Archive, u.Dir, u.Single); err != nil {
		return err
	}
	err := os.Rename(u.Dir, u.Final)
	if errors.Is(err, syscall.ENOTEMPTY) || errors.Is(err, os.ErrExist) {
		return nil // another was first
	}
	return err
}

// run copies beside the place and renames, so that half a copy is never taken for one.
func (c *Copy) run() error {
	part := c.To + ".part"
	if err := errors.Join(os.RemoveAll(part), rootfs.CopyTree(c.From, part)); err != nil {
		return err
	}
	return os.Rename(part, c.To)
}
