package untar

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
)

func TestLimits(t *testing.T) {
	many := make([]item, 20)
	for i := range many {
		many[i] = file(fmt.Sprint("f", i), "")
	}
	for name, c := range map[string]struct {
		data []byte
		o    Options
		want string
	}{
		"bytes":         {archive(t, file("a", strings.Repeat("x", 1000))), Options{MaxBytes: 999}, "bytes"},
		"bytes in sum":  {archive(t, file("a", "xxxxx"), file("b", "xxxxx")), Options{MaxBytes: 9}, "bytes"},
		"entries":       {archive(t, many...), Options{MaxEntries: 19}, "entries"},
		"implied":       {archive(t, file(strings.Repeat("d/", 50)+"f", "")), Options{MaxEntries: 40}, "entries"},
		"through links": {archive(t, symlink("l", strings.Repeat("d/", 50)), file("l/f", "")), Options{MaxEntries: 40}, "entries"},
		"skipped too":   {archive(t, special(tar.TypeChar, "a"), special(tar.TypeChar, "a")), Options{MaxEntries: 1}, "entries"},
		"headers alone": {compress(t, bytes.Repeat(headersOnly(t), 1000)), Options{MaxBytes: 1, MaxEntries: 10}, "bytes of archive"},
		"ratio":         {through(t, make([]byte, freeOfRatio+1<<20), []string{"gzip"}), Options{MaxRatio: 100}, "times the bytes that arrived"},
		"ratio of zstd": {through(t, make([]byte, freeOfRatio+1<<20), []string{"zstd", "-1"}), Options{MaxRatio: 1000}, "times the bytes that arrived"},
		"after the end": {compress(t, append(archive(t), make([]byte, 1<<20)...)), Options{MaxBytes: 1, MaxEntries: 1}, "bytes of archive"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := extract(t, confined(t), c.data, c.o)
			var limit *LimitError
			if !errors.As(err, &limit) || limit.What != c.want {
				t.Errorf("got %v, want a limit on %s", err, c.want)
			}
		})
	}
}

// headersOnly is an extended header that no entry follows.
func headersOnly(t *testing.T) []byte {
	it := file("f", "")
	it.PAXRecords = map[string]string{"comment": "x"}
	return archive(t, it)[:1024]
}

func TestExactlyTheLimitIsAllowed(t *testing.T) {
	data := archive(t, file("a", "xxxxx"), file("b", "xxxxx"))
	s, err := extract(t, confined(t), data, Options{MaxBytes: 10, MaxEntries: 2})
	if err != nil || s.Bytes != 10 || s.Entries != 2 {
		t.Errorf("%+v, %v", s, err)
	}
}

// Ten gigabytes of zeros arrive as ten megabytes; nothing of them is written.
func TestZeroBomb(t *testing.T) {
	r, w := io.Pipe()
	go func() {
		gz, _ := gzip.NewWriterLevel(w, gzip.BestSpeed)
		tw := tar.NewWriter(gz)
		_ = tw.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: "zeros", Size: 10 << 30, Mode: 0o644})
		_, _ = tw.Write(make([]byte, 1<<20))
		_ = gz.Close()
		_ = w.Close()
	}()
	s, err := Extract(t.Context(), r, confined(t), Options{MaxBytes: 1 << 30})
	_ = r.Close()
	var limit *LimitError
	if !errors.As(err, &limit) || s.Bytes != 0 {
		t.Errorf("%+v, %v", s, err)
	}
}

// A disk image full of zeros is no attack.
func TestZerosAreAllowed(t *testing.T) {
	const size = freeOfRatio + 1<<20
	data := archive(t, item{Header: file("zeros", "").Header, body: strings.Repeat("\x00", size)})
	for name, command := range map[string][]string{"gzip": {"gzip", "-9"}, "zstd": {"zstd", "-1"}} {
		in := through(t, data, command)
		if s, err := extract(t, confined(t), in, Options{MaxBytes: size}); err != nil || s.Bytes != size {
			t.Errorf("%s, %d bytes: %v", name, len(in), err)
		}
	}
}
