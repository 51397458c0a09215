package xz

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"testing/iotest"

	ulikunitz "github.com/ulikunitz/xz"
	"github.com/ulikunitz/xz/lzma"
)

const maxDict = 16 << 20

func decode(b []byte) ([]byte, error) { return io.ReadAll(NewReader(bytes.NewReader(b), maxDict)) }

func read(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestKnown: files that xz made, and what another program says is in them.
func TestKnown(t *testing.T) {
	const text, stored = "7ac24295cc1a2add8ffd87f7a1f8df390276a7f27214203a953ce299bb6be9f3", "acbb41a08f48c8a8f6a651d610344d6bfbd823e6bd949346926a4886a375e7f2"
	for name, want := range map[string]string{
		"text-none.xz": text, "text-crc32.xz": text, "text-crc64.xz": text, "text-sha256.xz": text,
		"blocks.xz": text, "lp.xz": text, "stored.xz": stored,
		"empty.xz": fmt.Sprintf("%x", sha256.Sum256(nil)),
		"two.xz":   "249041866dbaecf5d91ab8589052bd26902b5fa927f822b0e4deb907cf267daa",
	} {
		b := read(t, name)
		got, err := decode(b)
		if err != nil || fmt.Sprintf("%x", sha256.Sum256(got)) != want {
			t.Errorf("%s: %d bytes (%v)", name, len(got), err)
		}
		// It does not matter in what pieces it comes and goes.
		if err := iotest.TestReader(NewReader(iotest.OneByteReader(bytes.NewReader(b)), maxDict), got); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		var out bytes.Buffer
		if n, err := NewReader(bytes.NewReader(b), maxDict).WriteTo(&out); err != nil || n != int64(len(got)) || !bytes.Equal(out.Bytes(), got) {
			t.Errorf("%s: wrote %d bytes (%v)", name, n, err)
		}
	}
}

// TestRoundTrip: what another encoder made of data of all kinds, with windows
// that are much smaller than the data.
func TestRoundTrip(t *testing.T) {
	noise := make([]byte, 200<<10)
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range noise {
		noise[i] = byte(rng.Uint32())
	}
	const dict = 1 << 16
	var plain []byte
	for len(plain) < 5<<20 {
		switch rng.IntN(4) {
		case 0: // cannot be compressed
			plain = append(plain, noise[rng.IntN(len(noise)):]...)
		case 1: // one byte
			plain = append(plain, bytes.Repeat([]byte{byte(rng.Uint32())}, rng.IntN(300<<10))...)
		case 2: // seen before
			if n := len(plain); n > 0 {
				from := max(0, n-1-rng.IntN(dict))
				plain = append(plain, plain[from:min(n, from+rng.IntN(50<<10))]...)
			}
		case 3: // like text
			for range rng.IntN(20 << 10) {
				plain = append(plain, "etaoin shrdlu"[rng.IntN(13)])
			}
		}
	}
	var packed bytes.Buffer
	w, err := ulikunitz.WriterConfig{DictCap: dict, BlockSize: 3 << 20}.NewWriter(&packed)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(plain); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	got, err := decode(packed.Bytes())
	if err != nil || !bytes.Equal(got, plain) {
		t.Errorf("dictionary of %d: %d bytes of %d (%v)", dict, len(got), len(plain), err)
	}
}

// TestCut: no part of a stream passes for all of it.
func TestCut(t *testing.T) {
	for _, name := range []string{"small.xz", "smallblocks.xz", "empty.xz"} {
		b := read(t, name)
		for n := range b {
			if _, err := decode(b[:n]); !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Fatalf("%s cut to %d bytes: %v", name, n, err)
			}
		}
	}
}

// TestDamaged: no bit can change unnoticed.
func TestDamaged(t *testing.T) {
	for _, name := range []string{"small.xz", "smallblocks.xz", "empty.xz"} {
		b := read(t, name)
		for i := range b {
			damaged := bytes.Clone(b)
			damaged[i] ^= 1 << (i % 8)
			if _, err := decode(damaged); err == nil {
				t.Fatalf("%s: a change of byte %d passed", name, i)
			}
		}
	}
}

func TestRefused(t *testing.T) {
	big := read(t, "text-crc64.xz")
	if _, err := io.ReadAll(NewReader(bytes.NewReader(big), 1<<20)); !errors.Is(err, ErrMemory) {
		t.Errorf("dictionary of 8 MiB: %v", err)
	}
	for name, c := range map[string]struct {
		b    []byte
		want error
	}{
		"filter":  {read(t, "filter.xz"), ErrUnsupported},
		"other":   {[]byte("\x1f\x8b and more than twelve bytes"), ErrFormat},
		"garbage": {append(read(t, "empty.xz"), "garbage, twelve"...), ErrFormat},
		"nothing": {nil, io.ErrUnexpectedEOF},
	} {
		if _, err := decode(c.b); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestReadError(t *testing.T) {
	failed := errors.New("failed")
	r := io.MultiReader(bytes.NewReader(read(t, "blocks.xz")[:200]), iotest.ErrReader(failed))
	if _, err := io.ReadAll(NewReader(r, maxDict)); !errors.Is(err, failed) {
		t.Errorf("got %v", err)
	}
}

func FuzzReader(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.xz")
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		ours, err := io.ReadAll(io.LimitReader(NewReader(bytes.NewReader(b), 1<<23), 1<<22))
		if err != nil {
			return
		}
		// What passes is what the other decoder makes of it.
		r, err := ulikunitz.NewReader(bytes.NewReader(b))
		if err != nil {
			return // it refuses some that are right, such as those without a check
		}
		theirs, err := io.ReadAll(io.LimitReader(r, 1<<22))
		if err == nil && !bytes.Equal(ours, theirs) {
			t.Errorf("%d bytes, the other decoder %d", len(ours), len(theirs))
		}
	})
}

// FuzzLZMA2 leaves the container out, whose sums stop nearly all that is wrong.
func FuzzLZMA2(f *testing.F) {
	for _, name := range []string{"small.xz", "stored.xz", "lp.xz", "text-none.xz"} {
		f.Add(read(f, name)[24:]) // behind the headers
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		const dict, most = 1 << 16, 1 << 20
		var l lzma2
		l.reset(bufio.NewReader(bytes.NewReader(b)), dict)
		var ours []byte
		var err error
		for err == nil && len(ours) < most {
			err = l.next()
			ours = append(ours, l.pending()...)
			l.unread = len(l.d.win)
		}
		if err != io.EOF {
			return
		}
		r, err := lzma.Reader2Config{DictCap: dict}.NewReader2(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		if theirs, err := io.ReadAll(r); err == nil && !bytes.Equal(ours, theirs) {
			t.Errorf("%d bytes, the other decoder %d", len(ours), len(theirs))
		}
	})
}

func BenchmarkReader(b *testing.B) {
	packed := read(b, "text-crc64.xz")
	plain, err := decode(packed)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(plain)))
	for b.Loop() {
		if _, err := io.Copy(io.Discard, NewReader(bytes.NewReader(packed), maxDict)); err != nil {
			b.Fatal(err)
		}
	}
}
