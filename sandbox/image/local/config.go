package local

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"

	v1 "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

// Config is the configuration of an image: of the one that is here, else as its
// source has it. No layer is fetched.
func (m *Images) Config(ctx context.Context, i spec.Image, p Policy) (v1.Image, error) {
	var c v1.Image
	have, err := m.here(i)
	if err == nil && p != Always {
		if len(have.Config) == 0 { // of packages, or a plain archive: it says nothing
			return c, nil
		}
		if err := json.Unmarshal(have.Config, &c); err != nil {
			return c, fmt.Errorf("read image %s: %w", i.Name, err)
		}
		return c, nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return c, err
	}
	if p == Never {
		return c, &MissingError{i.Name}
	}
	source, err := m.Open(i, m.Store.Download)
	if err != nil {
		return c, err
	}
	found, err := source.Resolve(ctx)
	return found.Config, err
}
