package untar

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
)

// compressors are the tools that people use, and their arguments.
func compressors() map[string][]string {
	return map[string][]string{
		"plain": {"cat"}, "gzip": {"gzip", "-9"}, "xz": {"xz", "-9"}, "xz blocks": {"xz", "--block-size=4096"}, "bzip2": {"bzip2"},
		"zstd": {"zstd", "-19"}, "zstd without checksum": {"zstd", "--no-check"},
	}
}

func through(t testing.TB, data []byte, command []string) []byte {
	t.Helper()
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Stdin = bytes.NewReader(data)
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(command, err)
	}
	return out
}

// TestCompression: whatever the compression, the files are there, everything is
// read, and the digest is that of the plain archive with its padding.
func TestCompression(t *testing.T) {
	body := strings.Repeat("some text ", 100_000)
	data := append(archive(t, file("f", body), file("g", "x")), make([]byte, 20*512)...)
	want := sha256.Sum256(data)
	for name, command := range compressors() {
		t.Run(name, func(t *testing.T) {
			compressed := through(t, data, command)
			inTwo := append(through(t, data[:1000], command), through(t, data[1000:], command)...)
			for _, in := range [][]byte{compressed, inTwo} {
				root, r, digest := confined(t), bytes.NewReader(in), sha256.New()
				if _, err := Extract(t.Context(), r, root, Options{Digest: digest}); err != nil {
					t.Fatal(err)
				}
				wantFile(t, filepath.Join(root, "f"), body)
				wantFile(t, filepath.Join(root, "g"), "x")
				if got := digest.Sum(nil); !bytes.Equal(got, want[:]) {
					t.Errorf("digest %s, want %s", hex.EncodeToString(got), hex.EncodeToString(want[:]))
				}
				if r.Len() != 0 {
					t.Errorf("%d bytes are left unread: a digest of what was read would be wrong", r.Len())
				}
			}
		})
	}
}

// A tape pads with zeros, which are no part of the archive.
func TestPaddingBehindTheCompressedPart(t *testing.T) {
	data := archive(t, file("f", "x"))
	want := sha256.Sum256(data)
	for name, command := range compressors() {
		if name == "plain" || name == "bzip2" { // of which bzip2(1) complains, too
			continue
		}
		t.Run(name, func(t *testing.T) {
			root, digest := confined(t), sha256.New()
			r := bytes.NewReader(append(through(t, data, command), make([]byte, 1000)...))
			if _, err := Extract(t.Context(), r, root, Options{Digest: digest}); err != nil || r.Len() != 0 {
				t.Fatal(err, r.Len())
			}
			if !bytes.Equal(digest.Sum(nil), want[:]) {
				t.Error("the digest is wrong")
			}
		})
	}
}

func TestWithoutTheFinalZeros(t *testing.T) {
	data := archive(t, file("f", "x"))[:1024]
	for name, command := range compressors() {
		if name == "plain" {
			continue
		}
		root := confined(t)
		if _, err := extract(t, root, through(t, data, command), Options{}); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		wantFile(t, filepath.Join(root, "f"), "x")
	}
}

func TestDamagedCompression(t *testing.T) {
	data := archive(t, file("f", strings.Repeat("some text ", 10_000)))
	for name, command := range compressors() {
		if name == "plain" {
			continue
		}
		whole := through(t, data, command)
		for _, n := range []int{12, len(whole) / 2, len(whole) - 2} {
			var damaged *ArchiveError
			if _, err := extract(t, confined(t), whole[:n], Options{}); !errors.As(err, &damaged) || !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("%s cut at %d of %d: %v", name, n, len(whole), err)
			}
			flipped := bytes.Clone(whole)
			flipped[n] ^= 0x55
			if _, err := extract(t, confined(t), flipped, Options{}); name != "zstd without checksum" && !errors.As(err, &damaged) {
				t.Errorf("%s changed at %d of %d: %v", name, n, len(whole), err)
			}
		}
	}
	for name, magic := range map[string]string{"lz4": "\x04\x22\x4d\x18", "lzip": "LZIP", "compress": "\x1f\x9d"} {
		var unknown *CompressionError
		_, err := extract(t, confined(t), []byte(magic+strings.Repeat("x", 1024)), Options{})
		if !errors.As(err, &unknown) || unknown.Name != name {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A few bytes may ask for any amount of memory.
func TestDecompressorsMemory(t *testing.T) {
	var b bytes.Buffer
	z, err := zstd.NewWriter(&b, zstd.WithWindowSize(2*maxWindow), zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithSingleSegment(false))
	if err != nil {
		t.Fatal(err)
	}
	// In two parts, or the writer takes the smaller size of the contents.
	for _, part := range [][]byte{archive(t, file("f", strings.Repeat("x", 1<<20))), make([]byte, 1<<20)} {
		if _, err := z.Write(part); err != nil {
			t.Fatal(err)
		}
		if err := z.Flush(); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	wide := through(t, archive(t, file("f", "x")), []string{"xz", "--lzma2=dict=512MiB"})
	for name, data := range map[string][]byte{"zstd": b.Bytes(), "xz": wide} {
		var limit *LimitError
		if _, err := extract(t, confined(t), data, Options{}); !errors.As(err, &limit) || limit.Limit != maxWindow {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestErrorOfTheReader: what the source says about itself is not taken for
// damage of the archive.
func TestErrorOfTheReader(t *testing.T) {
	lost := errors.New("connection lost")
	data := archive(t, file("f", strings.Repeat("some text ", 100_000)))
	for name, command := range compressors() {
		whole := through(t, data, command)
		r := io.MultiReader(bytes.NewReader(whole[:len(whole)/2]), errorReader{lost})
		if _, err := Extract(t.Context(), r, confined(t), Options{}); !errors.Is(err, lost) {
			t.Errorf("%s: %v", name, err)
		}
	}
	var gz bytes.Buffer
	w := gzip.NewWriter(&gz)
	_, _ = w.Write(data)
	_ = w.Close()
	r := io.MultiReader(&gz, errorReader{lost}) // a digest that turned out wrong
	if _, err := Extract(t.Context(), r, confined(t), Options{}); !errors.Is(err, lost) {
		t.Errorf("at the end: %v", err)
	}
}

type errorReader struct{ err error }

func (r errorReader) Read([]byte) (int, error) { return 0, r.err }
