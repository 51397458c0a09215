//go:build !core

package sandbox

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/rootless-sandbox/sandbox/sandbox/image/archive"
	"github.com/rootless-sandbox/sandbox/sandbox/image/dockerfile"
	"github.com/rootless-sandbox/sandbox/sandbox/internal/agent"
	"github.com/rootless-sandbox/sandbox/sandbox/rootfs"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
	"github.com/rootless-sandbox/sandbox/userns"
)

// command does a RUN, in a sandbox over the layers that are there.
func (w *stepWork) command(ctx context.Context, run *dockerfile.Run) error {
	b := w.stage.build
	p := &prepared{
		at:  layout{staging: b.engine.store.Staging(), lower: w.lower, upper: w.tmp.Root(), work: w.work()},
		ids: b.ids, build: true, emit: b.emit,
		spec: spec.Spec{
			Version: spec.Version, ID: "build", Name: "build", Hostname: "build", Ephemeral: true, IDs: b.mode,
			Image: spec.Image{Kind: spec.ImageDir, Ref: "build"},
			User:  spec.User{Mode: spec.UserRoot, Name: "root", Home: "/root"}, Network: spec.NetworkPrivate,
		},
	}
	if err := w.network(p, run); err != nil {
		return err
	}
	c := spec.Command{Args: run.Args, Dir: run.Dir, User: run.User, Env: slices.Concat(proxies(), run.Proxy, run.Env)}
	w.user(&c)
	m := &runMounts{work: w, prepared: p, command: &c}
	defer m.release()
	if err := m.add(ctx, run); err != nil {
		return err
	}
	return w.start(ctx, p, c, m.begun)
}

// network decides what the command reaches.
func (w *stepWork) network(p *prepared, run *dockerfile.Run) (err error) {
	b := w.stage.build
	switch run.Network {
	case "none":
		p.spec.Network = spec.NetworkNone
	case "host":
		if !b.spec.HostNetwork {
			return &BuildAsksError{"RUN --network=host: the network of this host, with whatever listens on its loopback interface; it needs --allow network.host"}
		}
		p.spec.Network = spec.NetworkHost
	}
	p.network, err = planNetwork(p.spec, func(e spec.Event) {
		if e.Kind == "degraded" {
			b.note(e.Name, e.Detail)
		}
	})
	return err
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
func (w *stepWork) etcOps(p *prepared) []userns.Op {
	var ops []userns.Op
	for _, op := range p.etcOps() {
		if op.Target == "/etc/machine-id" {
			continue
		}
		target := w.followed(op.Target)
		ops = append(ops, userns.Op{Kind: userns.OpFile, Target: target, Data: op.Data, Mode: 0o644, Follow: true})
		w.tidy.Files = append(w.tidy.Files, target)
	}
	for _, op := range oneIDOps(p.spec) {
		if w.has(path.Dir(op.Target)) {
			ops = append(ops, userns.Op{Kind: userns.OpFile, Target: op.Target, Data: op.Data, Mode: 0o644, Follow: true})
			w.tidy.Files = append(w.tidy.Files, op.Target)
		}
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
func (w *stepWork) start(ctx context.Context, p *prepared, c spec.Command, begun func()) error {
	b := w.stage.build
	out, in, err := os.Pipe()
	if err != nil {
		return err
	}
	var tail lineTail
	said := make(chan struct{})
	go func() {
		defer close(said)
		lines := &lineWriter{say: func(line string) {
			tail.add(line)
			b.emit(spec.Event{Kind: "output", Step: w.number, Detail: line})
		}}
		copyLines(lines, out)
	}()
	x, err := w.runIn(ctx, p, c, Streams{Out: in, Err: in}, begun)
	_ = in.Close()
	<-said
	_ = out.Close()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err == nil && x.Code != 0 {
		err = &ranError{x, tail.lines}
	}
	return err
}

func copyLines(lines *lineWriter, from *os.File) {
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		_, _ = lines.Write(buf[:n]) // never fails
		if err != nil {
			lines.end()
			return
		}
	}
}

func (w *stepWork) runIn(ctx context.Context, p *prepared, c spec.Command, io Streams, begun func()) (x spec.Exit, err error) {
	req, err := newRequest(c, io)
	if err != nil {
		return x, err
	}
	defer req.close()
	defer keepThread()()
	r, err := w.stage.build.engine.startAny(p, func() error { return errNoOverlay },
		func(d rootfs.Driver) (*running, error) { return p.startNet(d, req, nil, nil) }, w.stage.build.emit)
	begun()
	if err != nil {
		return x, err
	}
	x, err = req.stay(ctx, r.control, w.stage.build.emit)
	_ = r.control.Close()
	r.network.end()
	if err != nil {
		r.process.Kill()
	}
	_, werr := r.process.Wait()
	return x, errors.Join(err, werr)
}

var errNoOverlay = errors.New("a build needs an overlay")

// runMounts are the mounts of one RUN.
type runMounts struct {
	work     *stepWork
	prepared *prepared
	command  *spec.Command
	done     []func()
	locked   func() // lets others make caches
}

func (m *runMounts) begun() {
	if m.locked != nil {
		m.locked()
		m.locked = nil
	}
}

func (m *runMounts) release() {
	m.begun()
	for _, f := range slices.Backward(m.done) {
		f()
	}
}

func (m *runMounts) op(op userns.Op) {
	op.Follow, op.NoSuid = true, true
	m.prepared.extra = append(m.prepared.extra, op)
}

// add turns them into steps of the set-up.
func (m *runMounts) add(ctx context.Context, run *dockerfile.Run) error {
	m.prepared.extra = m.work.etcOps(m.prepared)
	if run.Script != "" {
		m.op(userns.Op{Kind: userns.OpFile, Target: run.Args[0], Data: run.Script, Mode: 0o755, ReadOnly: true})
	}
	for n, mount := range run.Mounts {
		var err error
		switch mount.Type {
		case dockerfile.MountBind:
			err = m.bind(ctx, mount, n)
		case dockerfile.MountCache:
			err = m.cache(ctx, mount)
		case dockerfile.MountTmpfs:
			m.op(userns.Op{Kind: userns.OpTmpfs, Target: mount.Target, Mode: 0o755, Size: mount.Size})
			m.work.tidy.Dirs = append(m.work.tidy.Dirs, mount.Target)
		case dockerfile.MountSecret:
			err = m.secret(ctx, mount)
		case dockerfile.MountSSH:
			err = m.agent(mount)
		}
		if err != nil {
			return fmt.Errorf("mount of type %s: %w", mount.Type, err)
		}
	}
	return nil
}
