package netdriver

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
)

// StackRole is the argv[0] of the embedded driver's process.
const StackRole = "sandbox-stack"

// embedded is a TCP/IP stack in a process of our own. It needs no other program:
// the interface is made by the first process of the sandbox.
type embedded struct{ program string }

func (embedded) Name() string { return Embedded }

func (embedded) Usable() error {
	if err := TunUsable(); err != nil {
		return &Error{Driver: Embedded, Err: err}
	}
	return nil
}

// Start hands it the interface and its configuration.
func (e embedded) Start(t Target) (*Helper, error) {
	if t.Tun == nil {
		return nil, &Error{Driver: Embedded, Err: errors.New("no interface inside")}
	}
	ready, theirs, err := os.Pipe()
	if err != nil {
		return nil, &Error{Driver: Embedded, Err: err}
	}
	defer func() { _ = ready.Close() }()
	config, err := json.Marshal(t.Addresses)
	if err != nil {
		return nil, &Error{Driver: Embedded, Err: err}
	}
	cmd := exec.Command(e.program, string(config))
	cmd.Args[0] = StackRole
	cmd.ExtraFiles = []*os.File{t.Tun, theirs}
	h, err := startHelper(Embedded, cmd)
	_ = theirs.Close()
	if err != nil {
		return nil, err
	}
	_ = ready.SetReadDeadline(deadline())
	if n, _ := io.ReadFull(ready, make([]byte, 1)); n == 1 {
		return h, nil
	}
	h.Close()
	return nil, h.Err()
}
