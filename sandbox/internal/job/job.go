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
	"sync"

	"github.com/rootless-sandbox/sandbox/userns"
)

// Job is one piece of work. No root file system is built for it.
type Job struct {
	Remove []string `json:"remove,omitempty"` // trees to delete
	Unpack *Unpack  `json:"unpack,omitempty"` // of standard input
	Copy   *Copy    `json:"copy,omitempty"`
	Size   string   `json:"size,omitempty"` // a tree to measure, after the rest
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
	payload, err := json.Marshal(j)
	if err != nil {
		return err
	}
	out, err := newCollector()
	if err != nil {
		return err
	}
	said, err := newCollector()
	if err != nil {
		out.close()
		return err
	}
	// The process dies with the thread that made it.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	p, err := userns.Start(Role, userns.Launch{IDs: ids, DieWithParent: true, Payload: payload},
		userns.Stdio{In: in, Out: out.w, Err: said.w})
	if err != nil {
		out.close()
		said.close()
		return err
	}
	defer context.AfterFunc(ctx, p.Kill)()
	answered, complaint := out.close(), said.close()
	code, err := p.Wait()
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		return err
	case code != 0:
		return errors.New(strings.TrimSpace(string(complaint)))
	case answer == nil:
		return nil
	}
	return json.Unmarshal(answered, answer)
}

// collector keeps what is written to w.
type collector struct {
	w    *os.File
	done sync.WaitGroup
	text bytes.Buffer
}

func newCollector() (*collector, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	c := &collector{w: w}
	c.done.Go(func() {
		_, _ = io.Copy(&c.text, io.LimitReader(r, maxSaid))
		_ = r.Close()
	})
	return c, nil
}

// close gives up this process's end and waits for the end of the others'.
func (c *collector) close() []byte {
	_ = c.w.Close()
	c.done.Wait()
	return c.text.Bytes()
}
