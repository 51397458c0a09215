package netdriver

import (
	"encoding/json"
	"os"
	"os/exec"

	"github.com/rootless-sandbox/sandbox/sandbox/internal/egress"
)

// Proxy is what takes the place of a driver where the network is filtered.
const Proxy = "proxy"

// StartProxy starts the proxy, which serves the listener, that stays the caller's; whoever connects before it does waits.
// program plays its role.
func StartProxy(program string, listener *os.File, c egress.Config) (*Helper, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, &Error{Driver: Proxy, Err: err}
	}
	cmd := exec.Command(program)
	cmd.Args[0] = egress.Role
	cmd.ExtraFiles = []*os.File{listener, r}
	h, err := startHelper(Proxy, cmd)
	_ = r.Close()
	if err == nil {
		err = json.NewEncoder(w).Encode(c)
	}
	_ = w.Close()
	if err != nil && h != nil {
		h.Close()
		return nil, h.Err()
	}
	return h, err
}
