package apt

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/klauspost/compress/zstd"
	"golang.org/x/sync/errgroup"
)

// fetchIndexes reads the lists of packages of all components. What it fetched is
// still being put into the cache by keep when it returns.
func fetchIndexes(ctx context.Context, o Options, a archive, r *release, keep *errgroup.Group) (*index, error) {
	var texts [][]byte
	for _, c := range o.Components {
		f, err := r.index(c, o.Arch)
		if err != nil {
			return nil, err
		}
		text, err := fetchIndex(ctx, o, a.base+"/dists/"+o.Suite+"/"+f.path, f, keep)
		if err != nil {
			return nil, err
		}
		texts = append(texts, text)
	}
	return newIndex(texts...)
}

// fetchIndex gives what matters of one list, from the cache or the archive.
func fetchIndex(ctx context.Context, o Options, address string, f indexFile, keep *errgroup.Group) ([]byte, error) {
	c := cache{o.Cache}
	if o.Cache != "" {
		if text, err := readIndex(c.index(f.sum.sha256)); err == nil {
			return text, nil
		}
	}
	var text []byte
	err := retry(ctx, func() (err error) {
		text, err = downloadIndex(ctx, o, address, f)
		return err
	})
	if err == nil && o.Cache != "" {
		keep.Go(func() error {
			return c.write(c.index(f.sum.sha256), func(w io.Writer) error { return writeIndex(w, text) })
		})
	}
	return text, err
}

// downloadIndex decompresses a list while it arrives. Nothing of it is used
// before all of it is verified.
func downloadIndex(ctx context.Context, o Options, address string, f indexFile) ([]byte, error) {
	r, w := io.Pipe()
	type result struct {
		text []byte
		err  error
	}
	done := make(chan result, 1)
	go func() {
		text, err := unpackIndex(r, f.max)
		_, _ = io.Copy(io.Discard, r) // the sum is that of all, be it readable or not
		done <- result{text, err}
	}()
	check := newChecker(w)
	err := get(ctx, o.Client, address, f.sum.size, check)
	_ = w.CloseWithError(err) // always nil
	unpacked := <-done
	if err == nil {
		err = check.check(public(address), f.sum)
	}
	if err == nil {
		err = unpacked.err
	}
	return unpacked.text, err
}

// unpackIndex decompresses a list, and no more of it than the release says it
// has, and keeps the fields that an entry is made of: a third.
func unpackIndex(packed io.Reader, max int64) ([]byte, error) {
	z, err := decompress(packed)
	if err != nil {
		return nil, &ParseError{indexName, err.Error()}
	}
	defer func() { _ = z.Close() }() // read only
	text := bytes.NewBuffer(make([]byte, 0, min(max, 128<<20)*5/8))
	lines := bufio.NewReaderSize(io.LimitReader(z, max+1), 256<<10)
	var total int64
	for keep, whole := false, true; ; {
		line, err := lines.ReadSlice('\n')
		total += int64(len(line))
		if whole && len(line) > 0 && line[0] != ' ' && line[0] != '\t' { // else: more of the same field
			keep = wanted(line)
		}
		whole = err == nil
		if keep {
			text.Write(line)
		}
		switch {
		case total > max:
			return nil, &ParseError{indexName, "it is larger than the release says"}
		case errors.Is(err, io.EOF):
			return text.Bytes(), nil
		case err != nil && !errors.Is(err, bufio.ErrBufferFull):
			return nil, &ParseError{indexName, err.Error()}
		}
	}
}

// wanted tells the lines that matter: the ends of paragraphs and the fields that
// the index and its entries are made of.
func wanted(line []byte) bool {
	name, _, ok := bytes.Cut(line, []byte(":"))
	if !ok {
		return len(bytes.TrimSpace(line)) == 0
	}
	switch string(name) {
	case "Package", "Version", "Architecture", "Essential", "Priority", "Filename", "Size", "SHA256",
		"Pre-Depends", "Depends", "Conflicts", "Breaks", "Provides":
		return true
	}
	return false
}

// readIndex reads what writeIndex wrote; zstd has a checksum of its own.
func readIndex(path string) ([]byte, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	z, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(unlistedIndex))
	if err != nil {
		return nil, err
	}
	defer z.Close()
	text, err := z.DecodeAll(b, nil)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return text, nil
}

func writeIndex(w io.Writer, text []byte) error {
	z, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1))
	if err != nil {
		return err
	}
	_, err = w.Write(z.EncodeAll(text, nil))
	return err
}
