package netdriver

import (
	"os"
	"os/exec"
)

// Proxy is what takes the place of a driver where the network is filtered.
const Proxy = "proxy"

// StartProxy starts the proxy, which serves the listener, that stays the caller's; whoever connects before it does waits.
// program plays the role, and is told config.
func StartProxy(program, role string, listener *os.File, config []byte) (*Helper, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, &Error{Driver: Proxy, Err: err}
	}
	cmd := exec.Command(program)
	cmd.Args[0] = role
	cmd.ExtraFiles = []*os.File{listener, r}
	h, err := startHelper(Proxy, cmd)
	_ = r.Close()
	if err == nil {
		_, err = w.Write(config)
	}
	_ = w.Close()
	if err != nil && h != nil {
		h.Close()
		return nil, h.Err()
	}
	return h, err
}
