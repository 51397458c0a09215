// Package netdriver connects a network namespace of an unprivileged user to the
// network. It answers: which programs can do that here, and how is each started?
//
// A driver is a process that takes the packets of an interface inside and makes
// connections of its own of them: pasta and slirp4netns, where they are
// installed, and a stack that this program brings along. None of them lets
// anything in; ports are the monitor's.
package netdriver

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
)

// Names of drivers.
const (
	Pasta       = "pasta"
	Slirp4netns = "slirp4netns"
	Embedded    = "embedded"
)

// Names are all drivers, the best first.
func Names() []string { return []string{Pasta, Slirp4netns, Embedded} }

// Target is the namespace to connect.
type Target struct {
	PID       int      // a process in it
	Tun       *os.File // Embedded: the other end of the interface inside; stays the caller's
	Addresses Addresses
}

// Driver is one way to connect.
type Driver interface {
	Name() string
	// Usable says why it cannot work here; nil when it may. Whether the program
	// of the embedded one is there, Start will see.
	Usable() error
	// Start connects, and returns when the network works.
	Start(Target) (*Helper, error)
}

// New gives the driver of a name. stack is the program that plays the role of the embedded one; empty: there is none.
func New(name, stack string) (Driver, error) {
	switch name {
	case Pasta:
		return pasta{}, nil
	case Slirp4netns:
		return slirp{}, nil
	case Embedded:
		return embedded{stack}, nil
	}
	return nil, fmt.Errorf("network driver %s: unknown", name)
}

// Error: a driver cannot be used, or did not start.
type Error struct {
	Driver string
	Err    error
	Said   string // the last it said itself
}

func (e *Error) Error() string {
	s := "network driver " + e.Driver + ": " + e.Err.Error()
	if e.Said != "" {
		s += ": " + e.Said
	}
	return s
}
func (e *Error) Unwrap() error { return e.Err }

// NoneError: no driver works here.
type NoneError struct{ Why []error }

func (e *NoneError) Error() string {
	var why, causes []string
	for _, err := range e.Why {
		var of *Error
		if errors.As(err, &of) && of.Said == "" {
			causes = append(causes, of.Err.Error())
		}
		why = append(why, err.Error())
	}
	if len(causes) == len(why) && len(slices.Compact(causes)) == 1 { // the same of each
		why = causes[:1]
	}
	return "no network driver works here: " + strings.Join(why, "; ")
}

// Choose gives the drivers that may work here, the best first: of all of them, or the forced one.
func Choose(forced string) ([]string, error) {
	names := Names()
	if forced != "" {
		names = []string{forced}
	}
	var usable []string
	var why []error
	for _, name := range names {
		d, err := New(name, "")
		if err == nil {
			err = d.Usable()
		}
		if err != nil {
			why = append(why, err)
			continue
		}
		usable = append(usable, name)
	}
	if len(usable) == 0 {
		return nil, &NoneError{why}
	}
	return usable, nil
}

// ErrTun: the device that every driver needs cannot be opened.
var ErrTun = errors.New("/dev/net/tun cannot be opened")

// TunUsable tries the device. It makes nothing: an interface comes into being by an ioctl only.
func TunUsable() error {
	f, err := os.OpenFile("/dev/net/tun", os.O_RDWR, 0)
	if err != nil {
		var p *os.PathError
		if errors.As(err, &p) {
			err = p.Err
		}
		return fmt.Errorf("%w: %w", ErrTun, err)
	}
	return f.Close()
}
