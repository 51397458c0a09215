package apt

import (
	"bytes"
	"context"
	"io"

	"github.com/klauspost/compress/zstd"
)

// packer is what one goroutine compresses with, again and again.
type packer struct {
	z   *zstd.Encoder
	out bytes.Buffer
}

func newPacker() (*packer, error) {
	z, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1))
	return &packer{z: z}, err
}

// repack writes the package at path again, its parts compressed by zstd. It is
// the same package, and any program that knows the format can read it.
func (k *packer) repack(ctx context.Context, path string, w io.Writer) error {
	d, err := openDeb(path)
	if err != nil {
		return err
	}
	defer d.close()
	if _, err := io.WriteString(w, arMagic); err != nil {
		return err
	}
	if err := writeMember(w, "debian-binary", d.date, []byte("2.0\n")); err != nil {
		return err
	}
	for _, part := range []struct {
		name string
		body io.Reader
	}{{"control.tar.zst", d.control}, {"data.tar.zst", d.data}} {
		packed, err := k.recompress(ctx, part.body)
		if err != nil {
			return err
		}
		if err := writeMember(w, part.name, d.date, packed); err != nil {
			return err
		}
	}
	return nil
}

// recompress gives what r decompresses to, compressed by zstd, until the next
// call. Only that is held in memory: an ar archive wants its size before it.
func (k *packer) recompress(ctx context.Context, r io.Reader) ([]byte, error) {
	plain, err := decompress(&contextReader{ctx, r})
	if err != nil {
		return nil, err
	}
	defer func() { _ = plain.Close() }() // read only
	k.out.Reset()
	k.z.Reset(&k.out)
	if _, err := io.Copy(k.z, plain); err != nil {
		return nil, err
	}
	err = k.z.Close() // writes the rest
	return k.out.Bytes(), err
}

// contextReader ends when its context does.
type contextReader struct {
	ctx context.Context
	r   io.Reader
}

func (c *contextReader) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, context.Cause(c.ctx)
	}
	return c.r.Read(p)
}
