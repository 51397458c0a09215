package sandbox

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"syscall"

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

// fresh says whether an image that was built is what its files make now, as far
// as their times and sizes tell.
func (e *Engine) fresh(i spec.Image, have store.Image) bool {
	if i.Build.NoCache || i.Build.Pull {
		return false
	}
	if i.Build.Made != "" && i.Build.Made == have.Digest {
		return true // by this command: files that were too new to be recorded make nothing else now
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
