// Package archive makes a root file system from a tar archive. It answers: how
// does `rootfs:FILE` become a directory?
package archive

import (
	"context"
	"os"

	"github.com/rootless-sandbox/sandbox/sandbox/image/internal/untar"
)

// Unpack extracts the archive file into the empty directory dir. It runs inside
// a user namespace, as its root; with single, owners are left alone.
func Unpack(ctx context.Context, file, dir string, single bool) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	o := untar.Options{ChownMode: untar.Apply}
	if single {
		o.ChownMode = untar.Ignore
	}
	_, err = untar.Extract(ctx, f, dir, o)
	return err
}
