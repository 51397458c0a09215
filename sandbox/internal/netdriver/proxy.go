package netdriver

import (
	"os"
	"os/exec"
)

// Proxy is what takes the place of a driver where the network is filtered.
const Proxy = "proxy"

// ProxyService is a proxy to start. The files stay the caller's.
type ProxyService struct {
	Program, Role string
	Config        []byte // that it is told
	Listener      *os.File
	// Diag and Network, of package sockets, are what it finds out by who asks; neither: it does not.
	Diag    *os.File
	Network string
}

// StartProxy starts the proxy; whoever connects before it serves does wait.
func StartProxy(s ProxyService) (*Helper, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, &Error{Driver: Proxy, Err: err}
	}
	cmd := exec.Command(s.Program)
	cmd.Args[0] = s.Role
	cmd.ExtraFiles = []*os.File{s.Listener, r}
	if s.Diag != nil {
		cmd.Args = append(cmd.Args, s.Network)
		cmd.ExtraFiles = append(cmd.ExtraFiles, s.Diag)
	}
	h, err := startHelper(Proxy, cmd)
	_ = r.Close()
	if err == nil {
		_, err = w.Write(s.Config)
	}
	_ = w.Close()
	if err != nil && h != nil {
		h.Close()
		return nil, h.Err()
	}
	return h, err
}
