package userns

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/rootless-sandbox/sandbox/userns/internal/sys"
)

// region is one mapping of a process's memory (proc_pid_smaps(5)).
type region struct {
	start, end uintptr
	perms      string
	file       bool
	anonymous  bool // some of its pages were written to
}

// Shrink gives up the memory that this process does not need while it waits:
// the pages of our own binary, which come back one by one, and with collect its
// garbage. A process that waits for days should not be charged for what it
// needed to start. settle is how long the runtime gets in between, so that
// nothing but the dropping itself brings pages back.
func Shrink(settle time.Duration, collect bool) error {
	f, err := os.Open("/proc/self/smaps")
	if err != nil {
		return err
	}
	regions := droppable(parseSmaps(f))
	_ = f.Close()
	if collect {
		runtime.GC()
	}
	time.Sleep(settle)
	for _, r := range regions {
		if err := sys.DropPages(r.start, r.end-r.start); err != nil {
			return err
		}
	}
	return nil
}

// droppable picks the mappings of the binary that nothing was written to, which would be lost, and puts the
// code last: dropping it brings some of it back.
func droppable(regions []region) []region {
	var data, code []region
	for _, r := range regions {
		switch {
		case !r.file || r.anonymous || strings.Contains(r.perms, "w"):
		case strings.Contains(r.perms, "x"):
			code = append(code, r)
		default:
			data = append(data, r)
		}
	}
	return append(data, code...)
}

// parseSmaps looks at the first line of each mapping and at one of the others.
// It makes little garbage: this is about memory.
func parseSmaps(r io.Reader) []region {
	var out []region
	for s := bufio.NewScanner(r); s.Scan(); {
		line := s.Bytes()
		switch {
		case len(line) == 0:
		case line[0] >= '0' && line[0] <= '9' || line[0] >= 'a' && line[0] <= 'f':
			if f := strings.Fields(string(line)); len(f) >= 5 {
				out = append(out, parseRegion(f))
			}
		case bytes.HasPrefix(line, []byte("Anonymous:")) && len(out) > 0:
			out[len(out)-1].anonymous = !bytes.Contains(line, []byte(" 0 kB"))
		}
	}
	return out
}

// parseRegion reads "start-end perms offset device inode [path]".
func parseRegion(f []string) region {
	from, to, _ := strings.Cut(f[0], "-")
	start, err1 := strconv.ParseUint(from, 16, 64)
	end, err2 := strconv.ParseUint(to, 16, 64)
	if err1 != nil || err2 != nil {
		return region{anonymous: true}
	}
	return region{start: uintptr(start), end: uintptr(end), perms: f[1], file: f[4] != "0"}
}
