//go:build core

package compose

import "context"

// Load answers ErrWhole.
func Load(context.Context, Options) (*Project, error) { return nil, ErrWhole }
