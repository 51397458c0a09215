//go:build !core

package sandbox

import (
	"fmt"
	"sync"
	"time"
)

// maxRecord is how many files are worth a record.
const maxRecord = 50_000

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
