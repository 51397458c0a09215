package userns

import (
	"bufio"
	"io"
	"os"
	"runtime/debug"
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
	regions := parseSmaps(f)
	_ = f.Close()
	if collect {
		debug.FreeOSMemory()
	}
	time.Sleep(settle)
	for _, r := range regions {
		// Dropping a page that was written to would lose it.
		if !r.file || r.anonymous || strings.Contains(r.perms, "w") {
			continue
		}
		if err := sys.DropPages(r.start, r.end-r.start); err != nil {
			return err
		}
	}
	return nil
}

func parseSmaps(r io.Reader) []region {
	var out []region
	for s := bufio.NewScanner(r); s.Scan(); {
		f := strings.Fields(s.Text())
		switch {
		case len(f) >= 5 && strings.Contains(f[0], "-"):
			out = append(out, parseRegion(f))
		case len(f) >= 2 && f[0] == "Anonymous:" && len(out) > 0:
			out[len(out)-1].anonymous = f[1] != "0"
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
