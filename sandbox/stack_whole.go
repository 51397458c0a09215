//go:build !core

package sandbox

import (
	"github.com/rootless-sandbox/sandbox/sandbox/internal/netdriver"
	"github.com/rootless-sandbox/sandbox/sandbox/internal/netdriver/stack"
)

// stackProgram is the program that plays the embedded network driver: this one.
func stackProgram() (string, error) { return "/proc/self/exe", nil }

// playStack plays it.
func playStack(role string) (code int, played bool) {
	if role != netdriver.StackRole {
		return 0, false
	}
	return stack.Main(), true
}
