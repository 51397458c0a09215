package sandbox

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"syscall"
	"time"

	"github.com/rootless-sandbox/sandbox/sandbox/spec"
	"github.com/rootless-sandbox/sandbox/sandbox/store"
)

// buildRecord is what a build looked at: as long as all of it is the same, so is
// what the build makes, and nothing has to be read.
type buildRecord struct {
	Digest string            `json:"digest"` // of the image
	Files  map[string]string `json:"files"`  // stamps by path; "" for what is not there
	Images map[string]string `json:"images"` // digests by name
}

// maxRecord is how many files are worth it.
const maxRecord = 50_000

// fresh says whether an image that was built is what its files make now, as far
// as their times and sizes tell.
func (e *Engine) fresh(i spec.Image, have store.Image) bool {
	if i.Build.NoCache || i.Build.Pull {
		return false
	}
	text, err := e.store.ReadInputs(i.Name)
	if err != nil {
		return false
	}
	var r buildRecord
	if json.Unmarshal(text, &r) != nil || r.Digest != have.Digest {
		return false
	}
	for path, was := range r.Files {
		if stampOf(path) != was {
			return false
		}
	}
	for name, was := range r.Images {
		if base, err := e.store.ReadImage(name); err != nil || base.Digest != was {
			return false
		}
	}
	return true
}

// stampOf changes when a file does; a directory's when a name in it comes or goes.
func stampOf(path string) string {
	info, err := os.Lstat(path)
	if err != nil {
		return ""
	}
	return stampFile(info)
}

func stampFile(info fs.FileInfo) string {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return "unknown"
	}
	return fmt.Sprintf("%o.%d.%d.%d.%d.%d", st.Mode, st.Size, st.Ino, st.Mtim.Nano(), st.Ctim.Nano(), st.Dev)
}

// clockTick is more than the steps in which file systems count time.
const clockTick = 50 * time.Millisecond

func changedNow(stamp string) bool {
	var mode, size, ino, mtime, ctime int64
	if n, _ := fmt.Sscanf(stamp, "%o.%d.%d.%d.%d", &mode, &size, &ino, &mtime, &ctime); n < 5 {
		return false
	}
	return time.Since(time.Unix(0, max(mtime, ctime))) < clockTick
}

// recorder collects a record. A nil one collects nothing.
type recorder struct {
	mu     sync.Mutex
	record buildRecord
	over   bool
}

func newRecorder() *recorder {
	return &recorder{record: buildRecord{Files: map[string]string{}, Images: map[string]string{}}}
}

func (r *recorder) file(path, stamp string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.record.Files) >= maxRecord {
		r.over = true
		return
	}
	if changedNow(stamp) {
		r.over = true // a change that follows may not be seen in its time
	}
	if _, known := r.record.Files[path]; !known { // what it was when it was first looked at
		r.record.Files[path] = stamp
	}
}

// off: what was looked at is too much to be looked at again.
func (r *recorder) off() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.over = true
}

func (r *recorder) image(name, digest string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.record.Images[name] = digest
}
