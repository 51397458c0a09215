package apt

import (
	"bytes"
	"fmt"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/rootless-sandbox/sandbox/sandbox/image/apt/internal/xz"
)

// maxWindow is how much memory a decompressor may take: what xz -9 needs.
const maxWindow = 64 << 20

// decompress reads what begins as gzip, xz or zstd does, and anything else as
// it is. What it returns is to be closed; the one below it is not closed by that.
func decompress(r io.Reader) (io.ReadCloser, error) {
	magic := make([]byte, 6)
	n, err := io.ReadFull(r, magic)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return nil, err
	}
	magic = magic[:n]
	r = io.MultiReader(bytes.NewReader(magic), r)
	switch {
	case bytes.HasPrefix(magic, []byte("\x1f\x8b")):
		z, err := gzip.NewReader(r)
		if err != nil {
			return nil, fmt.Errorf("gzip: %w", err)
		}
		return z, nil
	case bytes.HasPrefix(magic, []byte("\xfd7zXZ\x00")):
		return io.NopCloser(xz.NewReader(r, maxWindow)), nil // passes its WriteTo on
	case bytes.HasPrefix(magic, []byte("\x28\xb5\x2f\xfd")):
		z, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow))
		if err != nil {
			return nil, fmt.Errorf("zstd: %w", err)
		}
		return z.IOReadCloser(), nil
	}
	return io.NopCloser(r), nil
}
