// Package job is work that must be done in a user namespace, because it touches
// what belongs to subordinate ids. It answers: how are such files deleted,
// unpacked and copied?
package job

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"runtime"
	"strings"

	"github.com/rootless-sandbox/sandbox/userns"
)

// Job is one piece of work. No root file system is built for it.
type Job struct {
	Remove []string `json:"remove,omitempty"` // trees to delete
	Unpack *Unpack  `json:"unpack,omitempty"` // of standard input
	Copy   *Copy    `json:"copy,omitempty"`
	Size   string   `json:"size,omitempty"` // a tree to measure, after the rest
	Export *Export  `json:"export,omitempty"`
	// Written answers a Size too.
	Written *Written `json:"written,omitempty"`
	// Place and Collect are done in a root file system, see In.
	Place   *Place   `json:"place,omitempty"`
	Collect *Collect `json:"collect,omitempty"`
	Tidy    *Tidy    `json:"tidy,omitempty"`
	// In is the root file system that the job works in; without one it is the host's.
	In *In `json:"-"`
	// Install is done by DoInstall.
	Install *Install `json:"install,omitempty"`
}

// Export writes a layer in the form that overlay takes to standard output, as a tar.
type Export struct {
	Dir    string `json:"dir"`
	Single bool   `json:"single,omitempty"`
}

// In is a root file system that is put together for a job.
type In struct {
	Root    *userns.Root
	Staging string // an empty directory
}

// Place puts an archive from standard input into the root file system.
type Place struct {
	// Dest is where to, absolute. What ends in a slash is a directory; else it is
	// the name of a single file, unless a directory is there.
	Dest    string `json:"dest"`
	Chown   string `json:"chown,omitempty"` // USER[:GROUP], names or ids; empty: as in the archive
	Chmod   string `json:"chmod,omitempty"`
	Archive bool   `json:"archive,omitempty"` // somebody's, whose directories say what becomes of those that are there
	Dir     bool   `json:"dir,omitempty"`     // there is no archive: the directory is made
	Single  bool   `json:"single,omitempty"`
}

// Collect writes files of the root file system to standard output, as an archive that Place takes.
type Collect struct {
	Paths   []string `json:"paths"` // or patterns
	Exclude []string `json:"exclude,omitempty"`
	Parents bool     `json:"parents,omitempty"`
	Single  bool     `json:"single,omitempty"`
}

// Tidy removes from a layer what was there to be mounted on.
type Tidy struct {
	Root  string   `json:"root"`
	Lower []string `json:"lower"`
	Files []string `json:"files"` // removed if empty, and not in a lower layer
	Dirs  []string `json:"dirs"`  // the same, with those above them
}

// Size is what a tree holds.
type Size struct {
	Bytes   int64 `json:"bytes"` // of file contents, each file once
	Entries int64 `json:"entries"`
}

// Unpack extracts a tar archive, plain or compressed, with its owners.
type Unpack struct {
	Dir    string `json:"dir"`              // made, then filled
	Single bool   `json:"single,omitempty"` // owners cannot be applied
	Layer  bool   `json:"layer,omitempty"`  // it is a layer: whiteouts mean something
}

// Unpacked is what Unpack has to say.
type Unpacked struct {
	DiffID  string   `json:"diffID"` // digest of the uncompressed archive
	Entries int64    `json:"entries"`
	Bytes   int64    `json:"bytes"`
	Skipped []string `json:"skipped,omitempty"`
}

// Copy copies layers, the lowest first, into one tree with their owners.
type Copy struct {
	From []string `json:"from"`
	To   string   `json:"to"`
}

// maxSaid bounds what a job may say to either of its outputs.
const maxSaid = 1 << 20

// Do does a piece of work in a user namespace of its own, and decodes what it
// answered into answer unless that is nil. Ending ctx ends it. in is its standard input, or nil.
func Do(ctx context.Context, j Job, ids userns.IDMap, in *os.File, answer any) error {
	var text bytes.Buffer
	if err := Stream(ctx, j, ids, in, &limited{&text, maxSaid}); err != nil || answer == nil {
		return err
	}
	return json.Unmarshal(text.Bytes(), answer)
}

// limited takes no more than so many bytes.
type limited struct {
	w    io.Writer
	left int
}

func (l *limited) Write(b []byte) (int, error) {
	if len(b) > l.left {
		return 0, errors.New("longer than expected")
	}
	l.left -= len(b)
	return l.w.Write(b)
}

// Stream is Do for a job that has more to say than an answer.
func Stream(ctx context.Context, j Job, ids userns.IDMap, in *os.File, w io.Writer) error {
	if err := j.here(); err != nil {
		return err
	}
	payload, err := json.Marshal(j)
	if err != nil {
		return err
	}
	out, err := collect(w)
	if err != nil {
		return err
	}
	var complaint bytes.Buffer
	said, err := collect(&limited{&complaint, maxSaid})
	if err != nil {
		return errors.Join(err, out.close())
	}
	// The process dies with the thread that made it.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	launch := userns.Launch{IDs: ids, DieWithParent: true, Payload: payload}
	if j.In != nil {
		launch.Root, launch.Staging, launch.Hostname = j.In.Root, j.In.Staging, "build"
	}
	p, err := userns.Start(Role, launch,
		userns.Stdio{In: in, Out: out.w, Err: said.w})
	if err != nil {
		return errors.Join(err, out.close(), said.close())
	}
	defer context.AfterFunc(ctx, p.Kill)()
	failed := errors.Join(out.close(), said.close())
	code, err := p.Wait()
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		return err
	case code != 0:
		return &failure{strings.TrimSpace(complaint.String()), code}
	}
	return failed
}

// collector copies what is written to the descriptor w.
type collector struct {
	w    *os.File
	done chan error
}

func collect(to io.Writer) (*collector, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	c := &collector{w: w, done: make(chan error, 1)}
	go func() {
		_, err := io.Copy(to, r)
		_ = r.Close() // a job whose output nobody takes any more ends
		c.done <- err
	}()
	return c, nil
}

// close gives up this process's end and waits for the end of the others'.
func (c *collector) close() error {
	_ = c.w.Close()
	return <-c.done
}
