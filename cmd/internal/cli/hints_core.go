//go:build core

package cli

// sourceHints: what reads images is not in this program.
func sourceHints(error) []diagnosis { return nil }
