package agent

import (
	"errors"
	"os"
	"path"
	"strings"
	"syscall"

	"github.com/rootless-sandbox/sandbox/sandbox/internal/wire"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

// prepareIn decides about a command that has another root file system. Its user is one
// of that; nothing of the sandbox's environment is in its own.
func (a *agent) prepareIn(root string, cmd spec.Command, files []*os.File) (*prepared, error) {
	p := &prepared{attr: &syscall.ProcAttr{Sys: &syscall.SysProcAttr{Setsid: true, Chroot: root}}}
	if err := a.chooseUserIn(p, root, cmd.User); err != nil {
		return nil, err
	}
	p.attr.Env = commandEnv(nil, p.user, cmd)
	p.attr.Dir = strings.TrimPrefix(path.Clean(cmd.Dir), root) // as it is named there
	if p.attr.Dir == "" {
		p.attr.Dir = "/"
	}
	if len(cmd.Args) == 0 {
		return nil, errors.New("no command")
	}
	p.program, p.args, p.root = cmd.Args[0], cmd.Args, root
	if err := a.connect(p, wire.ExecBody{Command: cmd}, files); err != nil {
		return nil, err
	}
	return p, nil
}

func (a *agent) chooseUserIn(p *prepared, root, want string) error {
	passwd, err := readSmall(root + "/etc/passwd")
	if err != nil {
		return err
	}
	group, err := readSmall(root + "/etc/group")
	if err != nil {
		return err
	}
	if p.user, err = findUser(want, passwd, group); err != nil {
		return errors.New("user " + want + ": " + err.Error())
	}
	p.asked, p.spawner = true, a.normal
	if !a.config.Single {
		p.attr.Sys.Credential = credential(p.user)
		return nil
	}
	// There is one id: root is it by emulation, and everybody else without.
	if p.user.UID == 0 && a.asRoot != nil {
		p.spawner = a.asRoot
		a.raise(p, a.config.Confine.Caps)
	}
	return nil
}

// startIn tries the places of PATH in the other root, which is the kernel's to look into:
// a link there means something else here.
func (p *prepared) startIn() (int, error) {
	if strings.Contains(p.program, "/") {
		return p.spawner.start(p.program, p.args, p.attr)
	}
	var found error = syscall.ENOENT
	for d := range strings.SplitSeq(getenv(p.attr.Env, "PATH"), ":") {
		if !path.IsAbs(d) {
			continue
		}
		pid, err := p.spawner.start(path.Join(d, p.program), p.args, p.attr)
		switch {
		case err == nil:
			return pid, nil
		case errors.Is(err, syscall.EACCES):
			found = err
		case !errors.Is(err, syscall.ENOENT) && !errors.Is(err, syscall.ENOTDIR):
			return 0, err
		}
	}
	return 0, found
}
