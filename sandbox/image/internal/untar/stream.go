package untar

import (
	"bufio"
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
	blocks  *blocks
	raw     *bufio.Reader // the archive as it arrived
	release func()        // gives up the decompressor
	plain   bool          // not compressed
	left    int64
	limit   int64
	zeros   int // how many zero bytes were read last, since mark
}

func openStream(ctx context.Context, r io.Reader, o Options) (*stream, error) {
	arrived := &counted{r: &contextReader{ctx, r}}
	raw := bufio.NewReaderSize(arrived, blockSize)
	magic, err := raw.Peek(6)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, archiveError(err)
	}
	name := compression(magic)
	d, release, err := decompress(raw, name)
	if err != nil {
		return nil, archiveError(err)
	}
	if name != "" {
		d = &ratio{r: d, arrived: arrived, max: o.MaxRatio}
	}
	s := &stream{raw: raw, release: release, plain: name == "", limit: streamLimit(o)}
	s.left = s.limit
	s.blocks = startBlocks(d, o.Digest)
	return s, nil
}

func streamLimit(o Options) int64 {
	if o.MaxEntries > (math.MaxInt64-o.MaxBytes)/headerRoom-2 {
		return math.MaxInt64
	}
	return o.MaxBytes + (o.MaxEntries+2)*headerRoom
}

func (s *stream) Read(p []byte) (int, error) {
	if s.left <= 0 {
		return 0, &LimitError{What: "bytes of archive", Limit: s.limit}
	}
	n, err := s.blocks.Read(p[:min(int64(len(p)), s.left)])
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
// which the tar format allows and which nothing else would tell. What is
// compressed has an end of its own, and some tools leave the zeros out.
func (s *stream) finish(entries int64) error {
	if s.zeros < 512 && (s.plain || entries == 0) {
		return &ArchiveError{Why: "archive ends too early", Err: io.ErrUnexpectedEOF}
	}
	if _, err := io.Copy(io.Discard, s); err != nil && !isPadding(err) {
		return archiveError(err)
	}
	s.blocks.close() // hands raw back
	if _, err := io.Copy(io.Discard, io.LimitReader(s.raw, s.limit)); err != nil {
		return archiveError(err)
	}
	return nil
}

// close ends the goroutines.
func (s *stream) close() {
	s.blocks.close()
	s.release()
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
