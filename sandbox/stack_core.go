//go:build core

package sandbox

import "github.com/rootless-sandbox/sandbox/sandbox/internal/carried"

// stackProgram is the program that plays the embedded network driver: the whole one.
func stackProgram() (string, error) { return carried.Whole() }

// monitorProgram is the one that plays the monitor; empty: this one.
func monitorProgram() string { return carried.Monitor() }

// playStack is for that one.
func playStack(string) (code int, played bool) { return 0, false }
