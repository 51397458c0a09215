package wire

import (
	"strings"
	"testing"
)

// BenchmarkRoundTrip sends a frame there and one back, as an exec does.
func BenchmarkRoundTrip(b *testing.B) {
	for _, c := range []struct {
		name  string
		size  int
		files int
	}{{"small", 100, 0}, {"three descriptors", 100, 3}, {"64 kB", 64 << 10, 0}, {"4 MB", 4 << 20, 0}} {
		b.Run(c.name, func(b *testing.B) {
			near, far := pair(b)
			sent := files(b, c.files)
			go echo(far)
			body := strings.Repeat("x", c.size)
			b.SetBytes(int64(2 * c.size))
			b.ReportAllocs()
			for b.Loop() {
				if err := near.Send(Exec, body, sent...); err != nil {
					b.Fatal(err)
				}
				f, err := near.Recv()
				if err != nil {
					b.Fatal(err)
				}
				f.Close()
			}
		})
	}
}

// echo sends every frame back.
func echo(c *Conn) {
	for {
		f, err := c.Recv()
		if err != nil {
			return
		}
		var body string
		err = f.Decode(&body)
		if err == nil {
			err = c.Send(f.Type, body, f.Files...)
		}
		f.Close()
		if err != nil {
			return
		}
	}
}
