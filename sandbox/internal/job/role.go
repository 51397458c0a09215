package job

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"syscall"

	"github.com/rootless-sandbox/sandbox/sandbox/image/changes"
	"github.com/rootless-sandbox/sandbox/sandbox/rootfs"
	"github.com/rootless-sandbox/sandbox/userns"
)

// Role is the argv[0] of a process that does a job.
const Role = "sandbox-job"

// Nothing is the payload of a job that only tries the namespace.
var Nothing = json.RawMessage("{}")

// Main plays the role and returns the exit code. What went wrong goes to
// standard error, which the parent reads.
func Main() int {
	runtime.LockOSThread() // Enter ties the life of the process to this thread
	syscall.Umask(0o022)   // what is made is for every user inside, whatever the caller's own files are
	in, err := userns.Enter(func(userns.Launch) {})
	if err != nil {
		return 1 // the parent has been told, or is gone
	}
	var j Job
	if err = json.Unmarshal(in.Payload, &j); err == nil {
		err = j.run()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return codeOf(err)
	}
	return 0
}

func (j *Job) run() error {
	var errs []error
	for _, dir := range j.Remove {
		errs = append(errs, os.RemoveAll(dir))
	}
	if u := j.Unpack; u != nil {
		errs = append(errs, u.run())
	}
	if c := j.Copy; c != nil {
		errs = append(errs, c.run())
	}
	if i := j.Install; i != nil {
		errs = append(errs, i.run())
	}
	if x := j.Export; x != nil {
		_, err := changes.Write(context.Background(), os.Stdout, x.Dir, changes.Options{Single: x.Single})
		errs = append(errs, err)
	}
	if w := j.Written; w != nil {
		errs = append(errs, w.run())
	}
	if p := j.Place; p != nil {
		errs = append(errs, p.run())
	}
	if c := j.Collect; c != nil {
		errs = append(errs, c.run())
	}
	if t := j.Tidy; t != nil {
		errs = append(errs, t.run())
	}
	if err := errors.Join(errs...); err != nil || j.Size == "" {
		return err
	}
	return measure(j.Size)
}

func measure(tree string) error {
	var s Size
	type file struct{ dev, ino uint64 }
	seen := map[file]bool{}
	err := filepath.WalkDir(tree, func(_ string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // a cache in use
		}
		if err != nil {
			return err
		}
		s.Entries++
		info, err := d.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil || !info.Mode().IsRegular() {
			return err
		}
		if st, ok := info.Sys().(*syscall.Stat_t); ok && st.Nlink > 1 {
			id := file{st.Dev, st.Ino}
			if seen[id] {
				return nil
			}
			seen[id] = true
		}
		s.Bytes += info.Size()
		return nil
	})
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(s)
}

// run copies beside the place and renames, so that half a copy is never taken for one.
func (c *Copy) run() error {
	part := c.To + ".part"
	if err := errors.Join(os.RemoveAll(part), rootfs.CopyLayers(c.From, part)); err != nil {
		return err
	}
	return os.Rename(part, c.To)
}
