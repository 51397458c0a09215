//go:build core

package cli

// sourceHints: what reads images is not in this program.
func (a *app) sourceHints(error) []diagnosis { return nil }
