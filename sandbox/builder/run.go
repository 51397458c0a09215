package builder

import (
	"context"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/rootless-sandbox/sandbox/sandbox/builder/failure"
	"github.com/rootless-sandbox/sandbox/sandbox/image/archive"
	"github.com/rootless-sandbox/sandbox/sandbox/image/dockerfile"
	"github.com/rootless-sandbox/sandbox/sandbox/internal/agent"
	"github.com/rootless-sandbox/sandbox/sandbox/internal/lines"
	"github.com/rootless-sandbox/sandbox/sandbox/rootfs"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
	"github.com/rootless-sandbox/sandbox/userns"
)

// command does a RUN, in a sandbox over the layers that are there.
func (w *stepWork) command(ctx context.Context, run *dockerfile.Run) error {
	b := w.stage.build
	sandbox, err := w.sandbox(run.Network)
	if err != nil {
		return err
	}
	c := Command{
		Command: spec.Command{Args: run.Args, Dir: run.Dir, User: run.User, Env: slices.Concat(b.Proxies, run.Proxy, run.Env)},
		Root:    rootfs.Layers{Lower: w.lower, Upper: w.tmp.Root(), Work: w.work()},
		Ops:     w.etcOps(sandbox.Files()),
	}
	w.user(&c.Command)
	m := &runMounts{work: w, command: &c}
	defer m.release()
	if err := m.add(ctx, run); err != nil {
		return err
	}
	c.Begun = m.begun
	return w.start(ctx, sandbox, c)
}

// sandbox decides what the command reaches.
func (w *stepWork) sandbox(network string) (Sandbox, error) {
	b, mode := w.stage.build, spec.NetworkPrivate
	switch network {
	case "none":
		mode = spec.NetworkNone
	case "host":
		if !b.spec.HostNetwork {
			return nil, &failure.AsksError{What: "RUN --network=host: the network of this host, with whatever listens on its loopback interface; it needs --allow network.host"}
		}
		mode = spec.NetworkHost
	}
	return b.Sandbox(mode, b.ids, func(e spec.Event) {
		if e.Kind == "degraded" {
			b.note(e.Name, e.Detail)
		}
	})
}

// user makes the command root's where there is one id alone.
func (w *stepWork) user(c *spec.Command) {
	name, _, _ := strings.Cut(c.User, ":")
	if name == "" {
		c.User, c.Root = "", true
		return
	}
	if name == "root" || name == "0" {
		return
	}
	u, err := agent.FindUser(name, w.text("etc/passwd"))
	if !w.stage.build.ids.Single() {
		if err == nil && u.Name == c.User && c.User == strconv.Itoa(u.UID) {
			c.User += ":0" // the group of an id that has no name is root's, as docker has it
		}
		return
	}
	w.stage.build.note("user", "RUN as USER "+c.User+" runs as root: only one user id is available here")
	if err == nil {
		c.Env = append([]string{"HOME=" + u.Home, "USER=" + u.Name, "LOGNAME=" + u.Name}, c.Env...)
	}
	c.User, c.Root = "", true
}

// text is a file of the image, of the uppermost layer that has it.
func (w *stepWork) text(name string) (text string) {
	for _, dir := range w.lower {
		if upper, err := archive.ReadFile(dir, name); err == nil && upper != "" {
			text = upper
		}
	}
	return text
}

// etcOps shows what a command needs to know of where it runs. Nothing of it is written into the image.
func (w *stepWork) etcOps(files []File) []userns.Op {
	var ops []userns.Op
	for _, f := range files {
		target := f.Path
		switch {
		case !f.Optional:
			target = w.followed(target)
		case !w.has(path.Dir(target)):
			continue
		}
		ops = append(ops, userns.Op{Kind: userns.OpFile, Target: target, Data: f.Data, Mode: 0o644, Follow: true})
		w.tidy.Files = append(w.tidy.Files, target)
	}
	w.tidy.Dirs = append(w.tidy.Dirs, "/dev", "/proc", "/sys", "/etc")
	return ops
}

// followed is where a file of the image is, behind one symbolic link: what that leads to may be missing.
func (w *stepWork) followed(name string) string {
	for _, dir := range slices.Backward(w.lower) {
		target, err := os.Readlink(filepath.Join(dir, name))
		if err != nil {
			if _, err := os.Lstat(filepath.Join(dir, name)); err == nil {
				return name
			}
			continue
		}
		if !path.IsAbs(target) {
			target = path.Join(path.Dir(name), target)
		}
		return path.Clean(target)
	}
	return name
}

func (w *stepWork) has(name string) bool {
	return slices.ContainsFunc(w.lower, func(dir string) bool {
		_, err := os.Lstat(filepath.Join(dir, name))
		return err == nil
	})
}

// start runs the command to its end and says what it prints.
func (w *stepWork) start(ctx context.Context, sandbox Sandbox, c Command) error {
	b := w.stage.build
	out, in, err := os.Pipe()
	if err != nil {
		return err
	}
	var tail lines.Tail
	said := make(chan struct{})
	go func() {
		defer close(said)
		printed := &lines.Writer{Say: func(line string) {
			tail.Add(line)
			b.emit(spec.Event{Kind: "output", Step: w.number, Detail: line})
		}}
		_, _ = io.Copy(printed, out)
		printed.End()
	}()
	c.Output = in
	x, err := sandbox.Run(ctx, c, b.emit)
	_ = in.Close()
	<-said
	_ = out.Close()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err == nil && x.Code != 0 {
		err = &ranError{x, tail.Lines}
	}
	return err
}
