//go:build !core

package sandbox

import (
	"github.com/rootless-sandbox/sandbox/sandbox/internal/egress"
	"github.com/rootless-sandbox/sandbox/sandbox/internal/egress/proxy"
	"github.com/rootless-sandbox/sandbox/sandbox/internal/netdriver"
	"github.com/rootless-sandbox/sandbox/sandbox/internal/netdriver/stack"
)

// stackProgram is the program that plays the embedded network driver: this one.
func stackProgram() (string, error) { return "/proc/self/exe", nil }

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
