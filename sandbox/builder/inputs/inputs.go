// Package inputs keeps what the image of a Dockerfile was made of. It answers: is
// everything that a build looked at as it was, so that nothing has to be read again?
package inputs

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"syscall"

	"github.com/rootless-sandbox/sandbox/sandbox/spec"
	"github.com/rootless-sandbox/sandbox/sandbox/store"
)

// record is what a build looked at: as long as all of it is the same, so is
// what the build makes, and nothing has to be read.
type record struct {
	Digest string            `json:"digest"` // of the image
	Files  map[string]string `json:"files"`  // stamps by path; "" for what is not there
	Images map[string]string `json:"images"` // digests by name
}

// Fresh says whether an image that was built is what its files make now, as far
// as their times and sizes tell.
func Fresh(s *store.Store, i spec.Image, have store.Image) bool {
	if i.Build.NoCache || i.Build.Pull {
		return false
	}
	if i.Build.Made != "" && i.Build.Made == have.Digest {
		return true // by this command: files that were too new to be recorded make nothing else now
	}
	text, err := s.ReadInputs(i.Name)
	if err != nil {
		return false
	}
	var r record
	if json.Unmarshal(text, &r) != nil || r.Digest != have.Digest {
		return false
	}
	for path, was := range r.Files {
		if Stamp(path) != was {
			return false
		}
	}
	for name, was := range r.Images {
		if base, err := s.ReadImage(name); err != nil || base.Digest != was {
			return false
		}
	}
	return true
}

// Stamp changes when a file does; a directory's when a name in it comes or goes. It
// is empty for what is not there.
func Stamp(path string) string {
	info, err := os.Lstat(path)
	if err != nil {
		return ""
	}
	return StampFile(info)
}

// StampFile is Stamp of a file that was looked at.
func StampFile(info fs.FileInfo) string {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return "unknown"
	}
	return fmt.Sprintf("%o.%d.%d.%d.%d.%d", st.Mode, st.Size, st.Ino, st.Mtim.Nano(), st.Ctim.Nano(), st.Dev)
}
