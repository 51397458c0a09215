package sandbox

import (
	"context"
	"errors"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/rootless-sandbox/sandbox/sandbox/spec"
	"github.com/rootless-sandbox/sandbox/userns"
)

// dotfilesName is where they are, below the home inside.
const dotfilesName = ".dotfiles"

// tellDotfiles says when they are not there: they are no reason not to work.
func tellDotfiles(s spec.Spec, emit func(spec.Event)) {
	if s.Dotfiles == nil {
		return
	}
	if st, err := os.Stat(s.Dotfiles.Path); err != nil || !st.IsDir() {
		emit(spec.Event{Kind: "degraded", Name: "dotfiles", Detail: s.Dotfiles.Path + " is no directory"})
	}
}

// dotfilesOps shows them, read-only: what is inside is not to change the shell of the host.
func dotfilesOps(s spec.Spec) []userns.Op {
	if s.Dotfiles == nil {
		return nil
	}
	return []userns.Op{{
		Kind: userns.OpBind, Source: s.Dotfiles.Path, Target: path.Join(s.User.Home, dotfilesName),
		Follow: true, Optional: true, ReadOnly: true, NoSuid: true,
	}}
}

// installDotfiles runs what installs them, once per sandbox. A failure is told and is
// no failure of up; the next start tries again.
func (u *upper) installDotfiles(ctx context.Context, r *hookRunner) error {
	d := u.state.Spec.Dotfiles
	if d == nil || slices.Contains(u.state.HooksDone, "dotfiles") {
		return nil
	}
	if st, err := os.Stat(d.Path); err != nil || !st.IsDir() {
		return nil // told
	}
	script := d.Install
	if script == "" {
		script = installScript
	}
	err := r.run(ctx, spec.Hook{Name: "dotfiles", Args: []string{"/bin/sh", "-c", "cd ~/" + dotfilesName + " || exit\n" + script}})
	var hook *HookError
	switch {
	case errors.As(err, &hook):
		for _, line := range hook.Tail {
			u.emit(spec.Event{Kind: "note", Name: "dotfiles", Detail: line})
		}
	case err != nil && ctx.Err() == nil:
		u.emit(spec.Event{Kind: "note", Name: "dotfiles", Detail: strings.TrimSpace(err.Error())})
	case err != nil:
		return err
	default:
		u.state.HooksDone = append(u.state.HooksDone, "dotfiles")
	}
	return nil
}

// installScript takes the names of GitHub's codespaces and of development containers.
const installScript = `for f in install.sh install bootstrap.sh bootstrap script/bootstrap setup.sh setup script/setup; do
	[ -f "$f" ] || continue
	[ -x "$f" ] && exec "./$f"
	exec /bin/sh "./$f"
done
for f in .[!.]* ..?*; do
	case $f in .git|.gitignore|.gitmodules|.gitattributes|.github) continue;; esac
	[ -e "$f" ] || [ -L "$f" ] || continue
	if [ -d "$f" ]; then
		for g in "$f"/* "$f"/.[!.]*; do # not the directory: programs write there
			[ -e "$g" ] || continue
			mkdir -p ~/"$f" && ln -sfn ~/` + dotfilesName + `/"$g" ~/"$g" || exit
		done
	else
		ln -sfn ~/` + dotfilesName + `/"$f" ~/"$f" || exit
	fi
done`
