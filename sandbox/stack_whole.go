//go:build !core

package sandbox

import (
	"cmp"
	"os"

	"github.com/rootless-sandbox/sandbox/sandbox/internal/carried"
	"github.com/rootless-sandbox/sandbox/sandbox/internal/egress"
	"github.com/rootless-sandbox/sandbox/sandbox/internal/egress/proxy"
	"github.com/rootless-sandbox/sandbox/sandbox/internal/netdriver"
	"github.com/rootless-sandbox/sandbox/sandbox/internal/netdriver/stack"
)

// stackProgram is the program that plays the embedded network driver: this one.
func stackProgram() (string, error) { return cmp.Or(ownFile(), "/proc/self/exe"), nil }

// monitorProgram is the one that plays the monitor; empty: this one. Another one could not
// start the embedded driver where this one has no file.
func monitorProgram() string {
	if ownFile() == "" {
		return ""
	}
	return carried.Monitor()
}

// ownFile is where this program is; empty where it was started from memory, or is not there any more.
func ownFile() string {
	path, err := os.Executable()
	if err == nil {
		_, err = os.Stat(path)
	}
	if err != nil {
		return ""
	}
	return path
}

// playStack plays it.
func playStack(role string) (code int, played bool) {
	switch role {
	case netdriver.StackRole:
		return stack.Main(), true
	case egress.Role:
		return proxy.Main(), true
	}
	return 0, false
}
