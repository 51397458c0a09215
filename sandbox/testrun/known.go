package testrun

import (
	"bufio"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// racy is how fresh a file may not be for its times to say that it was not written since.
const racy = 2 * time.Second

const knownHead = "sandbox files 1"

// readKnown reads what writeKnown wrote: a line of stamp and digest, then the path, ended by a NUL each.
// Whatever is wrong with it makes files be read again.
func readKnown(name string) map[string]entry {
	known := map[string]entry{}
	text, err := os.ReadFile(name)
	parts := strings.Split(string(text), "\x00")
	if err != nil || parts[0] != knownHead {
		return known
	}
	for i := 1; i+1 < len(parts); i += 2 {
		f := strings.Fields(parts[i])
		if len(f) != 5 {
			return known
		}
		var n [4]uint64
		for k := range n {
			if n[k], err = strconv.ParseUint(f[k], 10, 64); err != nil {
				return known
			}
		}
		known[parts[i+1]] = entry{stamp: stamp{int64(n[0]), int64(n[1]), int64(n[2]), n[3]}, sum: f[4]}
	}
	return known
}

// writeKnown notes the files that are old enough. Who cannot write it reads everything again.
func writeKnown(name string, list []entry, began time.Time) {
	if name == "" || os.MkdirAll(filepath.Dir(name), 0o700) != nil {
		return
	}
	f, err := os.CreateTemp(filepath.Dir(name), "new-*")
	if err != nil {
		return
	}
	w := bufio.NewWriter(f)
	_, _ = fmt.Fprintf(w, "%s\x00", knownHead)
	for _, e := range list {
		s := e.stamp
		if e.mode&fs.ModeType != 0 || e.sum == unread || s.ctime > began.Add(-racy).UnixNano() || s.mtime < 0 || strings.ContainsRune(e.path, 0) {
			continue
		}
		_, _ = fmt.Fprintf(w, "%d %d %d %d %s\x00%s\x00", s.size, s.mtime, s.ctime, s.ino, e.sum, e.path)
	}
	if w.Flush() != nil || f.Close() != nil || os.Rename(f.Name(), name) != nil {
		_ = os.Remove(f.Name())
	}
}
