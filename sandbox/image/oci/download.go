package oci

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	spec "github.com/opencontainers/image-spec/specs-go/v1"
)

// download is a blob on its way. What arrives is put into a file, too, if there
// is one; what stands in the file already comes first. When the connection
// breaks it is gone on with where it was.
type download struct {
	ctx    context.Context
	client *http.Client
	url    string
	ref    string
	want   spec.Descriptor
	path   string

	file  *os.File
	body  io.ReadCloser // nil: to be asked for
	sum   hash.Hash
	done  int64 // bytes that were given out
	have  int64 // bytes of the file that were there before
	tries int
	ended error
}

func (d *download) open() error {
	if d.want.Digest.Algorithm() != "sha256" {
		return &PullError{d.ref, nil, fmt.Errorf("blob %s: only sha256 digests are known", printable(d.want.Digest.String()))}
	}
	d.sum = sha256.New()
	if d.path == "" {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(d.path), 0o700); err != nil {
		return err
	}
	var err error
	if d.file, err = os.OpenFile(d.path, os.O_RDWR|os.O_CREATE, 0o600); err != nil {
		return err
	}
	st, err := d.file.Stat()
	if err != nil {
		return errors.Join(err, d.file.Close())
	}
	if d.have = st.Size(); d.have > d.want.Size {
		d.have = 0
		err = d.file.Truncate(0)
	}
	if err != nil {
		return errors.Join(err, d.file.Close())
	}
	return nil
}

// Read implements io.Reader. The end is io.EOF only when all of it arrived and
// is what the digest says.
func (d *download) Read(b []byte) (int, error) {
	if d.ended != nil {
		return 0, d.ended
	}
	for {
		n, err := d.step(b)
		if n > 0 {
			d.sum.Write(b[:n])
			d.done += int64(n)
			if d.done <= d.want.Size {
				return n, nil
			}
			err = fmt.Errorf("longer than its %d bytes", d.want.Size)
		}
		switch {
		case d.done == d.want.Size && (err == nil || err == io.EOF):
			d.ended = d.check()
		case err != nil:
			d.ended = d.failed(err)
		default:
			continue
		}
		return 0, d.ended
	}
}

// failed tells this machine's own files, on a full disk for one, from the registry.
func (d *download) failed(err error) error {
	var file *fs.PathError
	if errors.As(err, &file) {
		return err
	}
	return &PullError{d.ref, ErrUnreachable, err}
}

func (d *download) check() error {
	got := "sha256:" + hex.EncodeToString(d.sum.Sum(nil))
	if got == d.want.Digest.String() {
		return io.EOF
	}
	if d.path != "" {
		_ = os.Remove(d.path) // what is wrong once is wrong for ever
	}
	return &DigestError{d.want.Digest.String(), got}
}

// step reads some more: of the file first, then of the registry. 0 and no error: try again.
func (d *download) step(b []byte) (int, error) {
	switch {
	case d.done >= d.want.Size:
		return 0, io.EOF
	case d.done < d.have:
		n, err := d.file.ReadAt(b[:min(int64(len(b)), d.have-d.done)], d.done)
		if n > 0 {
			err = nil
		}
		return n, err
	case d.body == nil:
		return 0, d.ask()
	}
	n, err := d.body.Read(b)
	if n > 0 {
		d.tries = 0
		if d.file != nil {
			if _, werr := d.file.WriteAt(b[:n], d.done); werr != nil {
				return 0, werr
			}
		}
		return n, nil
	}
	_ = d.body.Close()
	d.body = nil
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return 0, d.again(err, 0)
}

// ask asks for the rest.
func (d *download) ask() error {
	req, err := http.NewRequestWithContext(d.ctx, http.MethodGet, d.url, nil)
	if err != nil {
		return err
	}
	if d.done > 0 {
		req.Header.Set("Range", "bytes="+strconv.FormatInt(d.done, 10)+"-")
	}
	res, err := d.client.Do(req)
	if err != nil {
		return d.again(err, 0)
	}
	switch {
	case res.StatusCode == http.StatusPartialContent && d.done > 0, res.StatusCode == http.StatusOK && d.done == 0:
		d.body = res.Body
		return nil
	case res.StatusCode == http.StatusOK: // it gives all of it, or nothing
		d.body = res.Body
		if _, err := io.CopyN(io.Discard, res.Body, d.done); err != nil {
			return d.again(err, 0)
		}
		return nil
	}
	_ = res.Body.Close()
	err = fmt.Errorf("blob %s: the registry answered %d", d.want.Digest, res.StatusCode)
	if !slices.Contains(retryCodes(), res.StatusCode) {
		return err
	}
	wait, _ := strconv.Atoi(res.Header.Get("Retry-After"))
	return d.again(err, time.Duration(wait)*time.Second)
}

// again waits before the next attempt, unless there were enough of them.
func (d *download) again(err error, asked time.Duration) error {
	d.body = nil
	if d.tries++; d.tries >= attempts || d.ctx.Err() != nil {
		return errors.Join(d.ctx.Err(), err)
	}
	pause := max(min(asked, time.Minute), 200*time.Millisecond<<(2*d.tries-2))
	select {
	case <-d.ctx.Done():
		return d.ctx.Err()
	case <-time.After(pause):
		return nil
	}
}

// Close implements io.Closer. The file stays.
func (d *download) Close() error {
	if d.body != nil {
		_ = d.body.Close()
	}
	if d.file == nil {
		return nil
	}
	return d.file.Close()
}
