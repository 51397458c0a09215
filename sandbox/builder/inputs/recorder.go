package inputs

import (
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/rootless-sandbox/sandbox/sandbox/store"
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

// Recorder collects what one build looks at. Its methods may be called from several goroutines.
type Recorder struct {
	mu     sync.Mutex
	record record
	over   bool
}

// NewRecorder has seen nothing yet.
func NewRecorder() *Recorder {
	return &Recorder{record: record{Files: map[string]string{}, Images: map[string]string{}}}
}

// File: a file was looked at, and this was its stamp.
func (r *Recorder) File(path, stamp string) {
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

// Off: what was looked at is too much to be looked at again.
func (r *Recorder) Off() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.over = true
}

// Image: an image was built on, or copied from.
func (r *Recorder) Image(name, digest string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.record.Images[name] = digest
}

// Write keeps the record of an image that was made, if it is certain that a look is enough the next time.
func (r *Recorder) Write(s *store.Store, name, digest string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	kept := r.record
	kept.Digest = digest
	if r.over {
		kept.Digest = ""
	}
	text, err := json.Marshal(kept)
	if err != nil {
		return err
	}
	return s.WriteInputs(name, text)
}
