package userns

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/rootless-sandbox/sandbox/userns/internal/sys"
)

// fuseRoot has the program fuse-overlayfs serve the root, where the kernel's
// own overlay cannot be had. The program lives in the sandbox's PID namespace,
// so that it ends with the sandbox; it keeps every capability of the user
// namespace, so that no process inside, which all have fewer, may look at its
// descriptors (ptrace(2), "Ptrace access mode checking").
func (b *builder) fuseRoot(r *Root) error {
	upper, work := r.Upper, r.Work
	if upper == "" {
		var err error
		if upper, work, err = b.memoryLayer(); err != nil {
			return err
		}
	} else if err := b.ownMount(&upper, &work); err != nil {
		return err
	}
	for _, dir := range []string{upper, work} {
		if err := ensureDir(dir); err != nil {
			return err
		}
	}
	target := b.scratch("root")
	before, err := sys.MountID(target)
	if err != nil {
		return err
	}
	program, err := exec.LookPath("/usr/bin/fuse-overlayfs")
	if err != nil {
		return need("find", "fuse-overlayfs", err, NeedsOverlay)
	}
	options := "lowerdir=" + escapeAll(r.Lower) + ",upperdir=" + escape(upper) + ",workdir=" + escape(work)
	cmd := exec.Command(program, "-f", "-o", options, target)
	var said strings.Builder
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		return need("run", program, err, NeedsOverlay)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	if err := waitMount(target, before, ended, &said); err != nil {
		return need("mount fuse-overlayfs", target, err, NeedsOverlay)
	}
	b.Helpers = append(b.Helpers, cmd.Process.Pid)
	b.root, err = sys.OpenPath(target)
	return err
}

// ownMount reaches the writable layers through a mount of their own: the one
// that holds them may be made read-only with the program's binary.
func (b *builder) ownMount(upper, work *string) error {
	top, err := sys.OpenPath(b.Staging)
	if err != nil {
		return err
	}
	defer sys.Close(top)
	if err := sys.Mkdirat(top, "layers", 0o755); err != nil {
		return err
	}
	tree, err := sys.CloneTree(sys.CWD, filepath.Dir(*upper), false)
	if err != nil {
		return need("bind", filepath.Dir(*upper), err, NeedsRootfs)
	}
	defer sys.Close(tree)
	at, err := attach(tree, b.scratch("layers"))
	if err != nil {
		return err
	}
	sys.Close(at)
	*upper = b.scratch("layers/" + filepath.Base(*upper))
	*work = b.scratch("layers/" + filepath.Base(*work))
	return nil
}

// waitMount waits until something is mounted on target; there is no event for it.
func waitMount(target string, before uint64, ended <-chan error, said *strings.Builder) error {
	for deadline := time.Now().Add(5 * time.Second); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		select {
		case err := <-ended:
			if text := strings.TrimSpace(said.String()); text != "" {
				return errors.New(text)
			}
			return errors.Join(errors.New("it ended"), err)
		default:
		}
		if now, err := sys.MountID(target); err == nil && now != before {
			return nil
		}
	}
	return os.ErrDeadlineExceeded
}

// escape protects the separators of an overlay option.
func escape(path string) string {
	return strings.NewReplacer(`\`, `\\`, `:`, `\:`, `,`, `\,`).Replace(path)
}

func escapeAll(paths []string) string {
	out := make([]string, 0, len(paths))
	for _, p := range paths {
		out = append(out, escape(p))
	}
	return strings.Join(out, ":")
}
