//go:build core

package job

import "github.com/rootless-sandbox/sandbox/sandbox/internal/carried"

// Install is a job of the whole program.
type Install struct{}

func (i *Install) run() error { return carried.ErrCore }
func (u *Unpack) run() error  { return carried.ErrCore }
func (p *Place) run() error   { return carried.ErrCore }
func (c *Collect) run() error { return carried.ErrCore }

// here: archives are left to the whole program.
func (j *Job) here() error {
	if j.Unpack != nil || j.Install != nil || j.Place != nil || j.Collect != nil {
		return carried.ErrCore
	}
	return nil
}
