package untar

import (
	"archive/tar"
	"bufio"
	"io"
	"io/fs"
	"os"

	"github.com/rootless-sandbox/sandbox/sandbox/image/internal/untar/ondisk"
)

// NoteOwner notes the owner of a directory, as Extract does with Ignore.
func NoteOwner(dir string, uid, gid int) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil || uid == 0 && gid == 0 {
		return err
	}
	return ondisk.SetAttribute(int(f.Fd()), ondisk.Owner, ondisk.FormatOwner(uid, gid, info.Mode()|fs.ModeDir))
}

// IsArchive says whether what r begins with is a tar archive, compressed or not.
func IsArchive(r io.Reader) bool {
	raw := bufio.NewReaderSize(r, blockSize)
	magic, err := raw.Peek(6)
	if err != nil {
		return false
	}
	d, release, err := decompress(raw, compression(magic))
	if err != nil {
		return false
	}
	defer release()
	_, err = tar.NewReader(d).Next()
	return err == nil
}
