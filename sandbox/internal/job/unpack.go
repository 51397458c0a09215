//go:build !core

package job

import (
	"context"
	"encoding/json"
	"os"

	"github.com/rootless-sandbox/sandbox/sandbox/image/archive"
)

// here: this program can do every job.
func (j *Job) here() error { return nil }

func (u *Unpack) run() error {
	if err := os.Mkdir(u.Dir, 0o755); err != nil {
		return err
	}
	stats, err := archive.Unpack(context.Background(), os.Stdin, u.Dir, archive.Options{Single: u.Single, Layer: u.Layer})
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(Unpacked{
		DiffID: stats.DiffID, Entries: stats.Entries, Bytes: stats.Bytes, Skipped: stats.Skipped,
	})
}
