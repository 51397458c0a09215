package untar

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
)

// BenchmarkExtract unpacks the shape of a small distribution: 200 directories
// with 5000 files of 4 kB, then 8 large files.
func BenchmarkExtract(b *testing.B) {
	var items []item
	words := strings.Repeat("the quick brown fox ", 205)
	for d := range 200 {
		items = append(items, dir(fmt.Sprintf("usr/share/d%d", d), 0o755))
		for f := range 25 {
			items = append(items, file(fmt.Sprintf("usr/share/d%d/f%d", d, f), words))
		}
	}
	random := make([]byte, 8<<20)
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range random {
		random[i] = byte(rng.UintN(32)) // compresses to 5 bits of 8
	}
	for f := range 8 {
		items = append(items, file(fmt.Sprintf("usr/lib/l%d", f), string(random)))
	}
	plain := archive(b, items...)
	for name, data := range map[string][]byte{"plain": plain, "gzip": compress(b, plain)} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(plain)))
			for b.Loop() {
				b.StopTimer()
				root, err := os.MkdirTemp(b.TempDir(), "")
				if err != nil {
					b.Fatal(err)
				}
				b.StartTimer()
				if _, err := extract(b, root, data, Options{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
