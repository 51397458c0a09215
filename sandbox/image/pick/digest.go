package pick

import (
	"archive/tar"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"github.com/rootless-sandbox/sandbox/sandbox/image/changes"
)

// Digest names the content that a request selects: names, types, modes and
// contents, but neither times nor owners.
func (t Tree) Digest(ctx context.Context, r Request, o changes.Options) (string, error) {
	sum := sha256.New()
	o.Header = func(h *tar.Header) {
		Plain(h)
		h.ModTime = time.Unix(0, 0)
	}
	if err := t.Write(ctx, sum, r, o); err != nil {
		return "", err
	}
	return "sha256:" + hex.EncodeToString(sum.Sum(nil)), nil
}

// Plain makes root the owner of an entry, with no attributes but the usual.
func Plain(h *tar.Header) {
	h.Uid, h.Gid, h.PAXRecords = 0, 0, nil
}
