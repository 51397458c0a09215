package sandbox

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/rootless-sandbox/sandbox/sandbox/image/archive"
	"github.com/rootless-sandbox/sandbox/sandbox/internal/agent"
	"github.com/rootless-sandbox/sandbox/sandbox/internal/job"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
	"github.com/rootless-sandbox/sandbox/sandbox/store"
	"github.com/rootless-sandbox/sandbox/userns"
)

// prepared is what is known before the first process starts.
type prepared struct {
	spec spec.Spec
	at   layout
	ids  userns.IDMap
	// noRoot: the only command that there will be runs as the sandbox's user.
	noRoot bool
}

// prepare makes the image present and finds the user of the image.
func (e *Engine) prepare(ctx context.Context, s spec.Spec, emit func(spec.Event)) (*prepared, error) {
	p := &prepared{spec: s, at: layout{staging: e.store.Staging(), volume: e.store.Volume}}
	if s.Image.Kind == spec.ImageDir {
		if err := checkImage(&p.spec.Image); err != nil {
			return nil, &ImageError{s.Image.Ref, err}
		}
	}
	who := caller(s.IDs)
	if s.User.Mode == spec.UserName {
		if err := nameUser(&p.spec); err != nil {
			return nil, err
		}
	}
	switch p.spec.Image.Kind {
	case spec.ImageDir:
		p.at.lower = p.spec.Image.Path
	case spec.ImageTar:
		dir, err := e.unpacked(ctx, p.spec, who, emit)
		if err != nil {
			return nil, &ImageError{s.Image.Ref, err}
		}
		p.at.lower = dir
	}
	p.ids = who.Map(p.spec.User.UID, p.spec.User.GID)
	return p, e.makeVolumes(s)
}

// checkImage sees whether a rootfs is a directory or an archive.
func checkImage(i *spec.Image) error {
	st, err := os.Stat(i.Path)
	switch {
	case err != nil:
		return err
	case st.IsDir():
		i.Kind = spec.ImageDir
	case st.Mode().IsRegular():
		i.Kind = spec.ImageTar
	default:
		return &os.PathError{Op: "open", Path: i.Path, Err: errors.New("neither a directory nor an archive")}
	}
	return nil
}

// nameUser looks a user of the image up, in its own passwd(5) and never outside of it.
func nameUser(s *spec.Spec) error {
	from := s.Image.Path
	if s.Image.Kind == spec.ImageHost {
		from = "/"
	}
	text, err := archive.ReadFile(from, "etc/passwd")
	if err != nil {
		return &ImageError{s.Image.Ref, err}
	}
	found, err := agent.FindUser(s.User.Name, text)
	if err != nil {
		return &UserError{Name: s.User.Name}
	}
	s.User.Name, s.User.UID, s.User.GID, s.User.Home = found.Name, found.UID, found.GID, found.Home
	return nil
}

// makeVolumes makes the volumes that are mounted. They are the caller's, as the
// sandbox's user is.
func (e *Engine) makeVolumes(s spec.Spec) error {
	for _, m := range s.Mounts {
		if m.Type != "volume" {
			continue
		}
		if err := os.MkdirAll(e.store.Volume(m.Source), 0o755); err != nil {
			return err
		}
	}
	return nil
}

// keep places the writable parts in a sandbox's own directory.
func (p *prepared) keep(d store.Dir) {
	p.at.upper, p.at.work, p.at.whole = d.Upper(), d.Work(), ""
	p.at.etcUpper, p.at.etcWork = d.EtcUpper(), d.EtcWork()
	p.at.wsUpper, p.at.wsWork = filepath.Join(d.FS(), "project-upper"), filepath.Join(d.FS(), "project-work")
	if p.spec.Image.Kind == spec.ImageHost {
		p.at.whole = d.Root()
	}
}

// unpacked gives the directory of an archive's root file system, unpacked once
// for each mapping of ids. Two that come at once may both unpack; one is kept.
func (e *Engine) unpacked(ctx context.Context, s spec.Spec, who userns.Caller, emit func(spec.Event)) (string, error) {
	st, err := os.Stat(s.Image.Path)
	if err != nil {
		return "", err
	}
	uid, gid := s.User.UID, s.User.GID
	dir := e.store.Rootfs(fmt.Sprintf("%s-%s-%d-%d", fileKey(s.Image.Path, st), s.IDs, uid, gid))
	if _, err := os.Stat(dir); err == nil {
		return dir, nil
	}
	begin := time.Now()
	emit(spec.Event{Kind: "image", Name: s.Image.Ref, State: "start", Detail: "unpacking"})
	ids := who.Map(uid, gid)
	if err := e.unpack(ctx, s.Image.Path, dir, ids); err != nil {
		return "", err
	}
	emit(spec.Event{Kind: "image", Name: s.Image.Ref, State: "ok", Elapsed: time.Since(begin), Detail: "unpacked"})
	return dir, nil
}

// unpack makes the directory dir of an archive, whole or not at all.
func (e *Engine) unpack(ctx context.Context, file, dir string, ids userns.IDMap) error {
	tmp, done, err := e.store.Temp("unpack")
	if err != nil {
		return err
	}
	defer done()
	for _, d := range []string{tmp.FS(), filepath.Dir(dir)} {
		if err := os.MkdirAll(d, 0o700); err != nil {
			return err
		}
	}
	j := job.Job{Unpack: &job.Unpack{Archive: file, Dir: tmp.Root(), Final: dir, Single: ids.Single()}}
	return errors.Join(runJob(ctx, j, ids), e.discard(tmp, ids))
}

// fileKey names the content of a file by what changes with it.
func fileKey(path string, st os.FileInfo) string {
	text := fmt.Sprintf("%s\x00%d\x00%d", path, st.Size(), st.ModTime().UnixNano())
	if sys, ok := st.Sys().(*syscall.Stat_t); ok {
		text += fmt.Sprintf("\x00%d\x00%d\x00%d", sys.Dev, sys.Ino, sys.Ctim.Nano())
	}
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:16])
}
