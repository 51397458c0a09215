package untar

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"math"
)

// headerRoom is how much of the archive one entry may take beside its contents:
// its header, its long names and its attributes. It only bounds the whole.
const headerRoom = 4096

// stream is the archive without its compression. It ends with a *LimitError
// when there is more of it than the caps can make sense of: headers alone
// could otherwise go on for ever.
type stream struct {
	r     io.Reader
	raw   *bufio.Reader // the archive as it arrived
	ahead *readAhead    // nil unless compressed
	left  int64
	limit int64
	zeros int // how many zero bytes were read last, since mark
}

func openStream(ctx context.Context, r io.Reader, o Options) (*stream, error) {
	raw := bufio.NewReaderSize(&contextReader{ctx, r}, 256<<10)
	magic, err := raw.Peek(6)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, archiveError(err)
	}
	s := &stream{r: raw, raw: raw, limit: streamLimit(o)}
	s.left = s.limit
	switch name := compression(magic); name {
	case "":
	case "gzip":
		gz, err := gzip.NewReader(raw)
		if err != nil {
			return nil, archiveError(err)
		}
		s.ahead = startReadAhead(gz)
		s.r = s.ahead
	default:
		return nil, &CompressionError{Name: name}
	}
	return s, nil
}

func streamLimit(o Options) int64 {
	if o.MaxEntries > (math.MaxInt64-o.MaxBytes)/headerRoom-2 {
		return math.MaxInt64
	}
	return o.MaxBytes + (o.MaxEntries+2)*headerRoom
}

// compression tells by the first bytes of a file how it is compressed.
func compression(magic []byte) string {
	for _, m := range []struct{ name, magic string }{
		{"gzip", "\x1f\x8b"},
		{"zstd", "\x28\xb5\x2f\xfd"},
		{"xz", "\xfd7zXZ\x00"},
		{"bzip2", "BZh"},
	} {
		if bytes.HasPrefix(magic, []byte(m.magic)) {
			return m.name
		}
	}
	return ""
}

func (s *stream) Read(p []byte) (int, error) {
	if s.left <= 0 {
		return 0, &LimitError{What: "bytes of archive", Limit: s.limit}
	}
	n, err := s.r.Read(p[:min(int64(len(p)), s.left)])
	s.left -= int64(n)
	s.watchZeros(p[:n])
	return n, err
}

// watchZeros is exact for up to one block and cheap for more: a header is read
// as one block, and only what comes before the next header counts.
func (s *stream) watchZeros(p []byte) {
	i := len(p)
	for i > 0 && len(p)-i < 512 && p[i-1] == 0 {
		i--
	}
	if i > 0 {
		s.zeros = 0
	}
	s.zeros += len(p) - i
}

// mark is called where a header is expected.
func (s *stream) mark() { s.zeros = 0 }

// finish reads on to the end and decides whether it was one. A plain archive
// ends with a block of zeros; without it, it was cut between two entries,
// which the tar format allows and which nothing else would tell. gzip has a
// checksum of its own, and some tools leave the zeros out.
func (s *stream) finish(entries int64) error {
	if s.zeros < 512 && (s.ahead == nil || entries == 0) {
		return &ArchiveError{Why: "archive ends too early", Err: io.ErrUnexpectedEOF}
	}
	_, err := io.Copy(io.Discard, s)
	if err != nil && !errors.Is(err, gzip.ErrHeader) { // else: padding after the compressed part
		return archiveError(err)
	}
	s.close() // hands raw back
	if _, err := io.Copy(io.Discard, io.LimitReader(s.raw, s.limit)); err != nil {
		return archiveError(err)
	}
	return nil
}

// close ends the goroutine that reads ahead. It may be called again.
func (s *stream) close() {
	if s.ahead != nil {
		s.ahead.close()
	}
}

// contextReader ends when its context does. A read that has begun is not
// interrupted.
type contextReader struct {
	ctx context.Context
	r   io.Reader
}

func (c *contextReader) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}
