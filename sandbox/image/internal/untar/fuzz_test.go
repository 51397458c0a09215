package untar

import (
	"archive/tar"
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// FuzzExtract unpacks what a script of entries says, and after that bytes as
// they are. Whatever happens, nothing outside of the root changes.
//
// A line of the script is the type of an entry, its name and, for links, a
// target, parted by blanks: random bytes alone would never get past a header.
func FuzzExtract(f *testing.F) {
	plain := archive(f, dir("d", 0o555), file("d/f", "x"), symlink("l", "../outside"), hardlink("h", "d/f"))
	f.Add("2 a ../outside\n0 a/victim", plain)
	f.Add("5 a\n2 a/b /..\n0 a/b/outside/victim\n1 c a/b", compress(f, plain))
	f.Add("2 l ../outside\n5 l\n0 l/victim\n2 l ..\n1 x l/outside/victim", []byte{})
	f.Add("0 .wh.a\n0 a/f\n0 a/.wh..wh..opq\n1 b a/f\n2 l ../outside\n0 l/.wh.victim", plain)
	f.Add("0 a/.wh.b\n0 a/.wh..wh..opq\n0 .wh...\n5 a/b\n0 .wh.a\n0 host/.wh.victim\n0 host/.wh..wh..opq", []byte{})
	f.Add("1 a ../outside/victim\n6 l\n3 n\n2 . ..", plain[:700])
	f.Fuzz(func(t *testing.T, script string, raw []byte) {
		temp := t.TempDir()
		root := filepath.Join(temp, "root")
		mkdir(t, root)
		mkdir(t, filepath.Join(temp, "outside"))
		write(t, filepath.Join(temp, "outside", "victim"), "untouched")
		defer openUp(root)
		// A symbolic link of the host lies in the way too.
		if err := os.Symlink(filepath.Join(temp, "outside"), filepath.Join(root, "host")); err != nil {
			t.Fatal(err)
		}
		for _, o := range []Options{{}, {Whiteouts: Overlay}, {Whiteouts: Overlay, noDevices: true}} {
			o.MaxBytes, o.MaxEntries = 1<<20, 200
			for _, data := range [][]byte{scripted(script), raw} {
				_, _ = Extract(context.Background(), bytes.NewReader(data), root, o)
				checkOutside(t, temp)
			}
		}
	})
}

func scripted(script string) []byte {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for line := range strings.Lines(script) {
		word := strings.Split(strings.TrimSuffix(line, "\n"), " ")
		if len(word) < 2 || word[0] == "" {
			continue
		}
		h := &tar.Header{Typeflag: word[0][0], Name: word[1], Mode: int64(len(word[0]) * 0o111)}
		if len(word) > 2 {
			h.Linkname = word[2]
		}
		_ = w.WriteHeader(h) // what the writer refuses is left out
	}
	_ = w.Close()
	return b.Bytes()
}
