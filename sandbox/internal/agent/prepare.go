package agent

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/rootless-sandbox/sandbox/sandbox/internal/wire"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
	"github.com/rootless-sandbox/sandbox/userns"
)

// prepared is a command that is ready to be started.
type prepared struct {
	spawner       *spawner
	user          User
	asked         bool   // for that user
	elevates      bool   // it may become root by itself
	program       string // as asked for, then as found
	path          string // what is executed
	root          string // where it is executed; empty: the sandbox's own root
	args          []string
	attr          *syscall.ProcAttr
	master, slave *os.File // of a terminal
	// The pipe of a session process between the agent and the command.
	reports, reportTo *os.File
}

func (p *prepared) start() (int, error) {
	if p.root != "" {
		return p.startIn()
	}
	return p.spawner.start(p.path, p.args, p.attr)
}

func (p *prepared) masters() []*os.File {
	if p.master == nil {
		return nil
	}
	return []*os.File{p.master}
}

// closeSlave closes what only the command needs.
func (p *prepared) closeSlave() {
	closeAll(p.slave, p.reportTo)
}

// close closes what only the client needs. The reports are followed to their end.
func (p *prepared) close() { closeAll(p.master) }

func closeAll(files ...*os.File) {
	for _, f := range files {
		if f != nil {
			_ = f.Close()
		}
	}
}

// prepare decides everything about a command, or why it is refused.
func (a *agent) prepare(req wire.ExecBody, files []*os.File) (*prepared, *wire.RefusedBody) {
	if req.Version != wire.Version {
		return nil, &wire.RefusedBody{Reason: wire.RefusedVersion, Text: "another version of the protocol"}
	}
	cmd := req.Command
	p := &prepared{attr: &syscall.ProcAttr{Sys: &syscall.SysProcAttr{Setsid: true}}}
	p.elevates = elevates(cmd)
	if err := a.chooseUser(p, cmd); err != nil {
		return nil, refusal(wire.RefusedUser, cmd.User, err)
	}
	p.attr.Env = commandEnv(a.environ(), p.user, cmd)
	p.attr.Dir = cmd.Dir
	if p.attr.Dir == "" {
		p.attr.Dir = a.config.Dir
	}
	if err := userns.CheckDir(p.attr.Dir); err != nil {
		return nil, refusal(wire.RefusedDir, p.attr.Dir, err)
	}
	if err := p.choosePath(cmd); err != nil {
		return nil, refusal(wire.RefusedCommand, p.program, err)
	}
	if err := a.connect(p, req, files); err != nil {
		p.closeSlave()
		p.close()
		return nil, refusal(wire.RefusedOther, "", err)
	}
	return p, nil
}

// chooseUser decides who runs the command and from which thread it starts.
func (a *agent) chooseUser(p *prepared, cmd spec.Command) error {
	p.spawner, p.user = a.normal, a.config.User
	if shell := a.shell.Load(); shell != nil {
		p.user.Shell = *shell
	}
	want := cmd.User
	if cmd.Root {
		want = "0"
	}
	p.asked = want != ""
	if p.asked {
		u, err := lookupUser(want)
		if err != nil {
			return err
		}
		p.user = u
	} else if group, err := readSmall("/etc/group"); err == nil {
		p.user.Groups = append(slices.Clip(p.user.Groups), groupsOf(p.user.Name, group)...) // as a feature, or the image, has put the user into some
	}
	if p.user.Shell == "" {
		p.user.Shell = shellOf(p.user.UID)
	}
	if a.config.Single {
		return a.chooseSingle(p)
	}
	p.attr.Sys.Credential = credential(p.user)
	own := p.user.UID == a.config.User.UID
	if a.config.KeepGroups && (own || p.user.UID == 0) {
		p.attr.Sys.Credential.NoSetGroups = true // they are still those of outside
	}
	if own && p.user.UID != 0 {
		p.attr.Sys.AmbientCaps = bitsOf(a.config.Confine.Ambient)
	}
	return nil
}

func credential(u User) *syscall.Credential {
	groups := make([]uint32, 0, len(u.Groups))
	for _, g := range u.Groups {
		groups = append(groups, uint32(g))
	}
	return &syscall.Credential{Uid: uint32(u.UID), Gid: uint32(u.GID), Groups: groups}
}

// bitsOf lists the numbers of a set.
func bitsOf(set uint64) []uintptr {
	var out []uintptr
	for n := range uintptr(64) {
		if set&(1<<n) != 0 {
			out = append(out, n)
		}
	}
	return out
}

var errOneID = errors.New(wire.OneID)

// chooseSingle: there is one id; user 0 is it too, under another filter.
func (a *agent) chooseSingle(p *prepared) error {
	switch {
	case p.user.UID == a.config.User.UID:
		a.raise(p, a.config.Confine.Ambient)
		return nil
	case p.user.UID == 0 && a.asRoot != nil:
		p.spawner = a.asRoot
		a.raise(p, a.config.Confine.Caps)
		return nil
	}
	return errOneID
}

// raise gives a command its ambient capabilities where the thread that it starts from
// has lost them: DropCaps reaches those threads whose filter does not swallow capset.
func (a *agent) raise(p *prepared, caps uint64) {
	if a.config.Confine.SetsCaps() {
		p.attr.Sys.AmbientCaps = bitsOf(caps)
	}
}

// choosePath finds the program.
func (p *prepared) choosePath(cmd spec.Command) (err error) {
	switch {
	case cmd.Login:
		p.program = p.user.Shell
		if p.program == "" {
			p.program = "/bin/sh"
		}
		p.args = []string{"-" + filepath.Base(p.program)}
	case len(cmd.Args) == 0 || cmd.Args[0] == "":
		return errors.New("no command")
	default:
		p.program, p.args = cmd.Args[0], cmd.Args
	}
	p.path, err = lookPath(p.program, getenv(p.attr.Env, "PATH"), p.attr.Dir)
	return err
}

// connect gives the command its standard streams: the client's, or a new terminal.
func (a *agent) connect(p *prepared, req wire.ExecBody, files []*os.File) error {
	if !req.Command.TTY {
		if len(files) != wire.MaxFiles {
			return errors.New("three descriptors are needed")
		}
		for _, f := range files {
			if st, err := f.Stat(); err != nil || st.IsDir() {
				return errors.New("a directory cannot be a standard stream")
			}
			p.attr.Files = append(p.attr.Files, f.Fd())
		}
		return nil
	}
	var err error
	if p.master, p.slave, err = a.terminals.Open(req.Rows, req.Cols); err != nil {
		return err
	}
	if !a.config.Single {
		_ = p.slave.Chown(p.user.UID, -1) // so that tty(1), mesg(1) and the like work
	}
	fd := p.slave.Fd()
	p.attr.Files = []uintptr{fd, fd, fd}
	p.attr.Sys.Setctty = true
	if req.Command.Login {
		return nil
	}
	return p.viaSession()
}

// DefaultPath is the PATH of commands where nobody says anything.
const DefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// commandEnv is the environment of a command: the sandbox's, the user's, the command's own.
func commandEnv(base []string, u User, cmd spec.Command) []string {
	env := setenv(nil, "PATH="+DefaultPath)
	for _, kv := range base {
		env = setenv(env, kv)
	}
	shell := u.Shell
	if shell == "" {
		shell = "/bin/sh"
	}
	for _, kv := range []string{"HOME=" + u.Home, "USER=" + u.Name, "LOGNAME=" + u.Name, "SHELL=" + shell} {
		env = setenv(env, kv)
	}
	for _, kv := range cmd.Env {
		env = setenv(env, kv)
	}
	if cmd.TTY && getenv(env, "TERM") == "" {
		env = setenv(env, "TERM=xterm")
	}
	return env
}

// setenv puts kv in place of an earlier value.
func setenv(env []string, kv string) []string {
	key, _, _ := strings.Cut(kv, "=")
	for i, old := range env {
		if strings.HasPrefix(old, key+"=") {
			env[i] = kv
			return env
		}
	}
	return append(env, kv)
}

func getenv(env []string, key string) string {
	for _, kv := range env {
		if v, ok := strings.CutPrefix(kv, key+"="); ok {
			return v
		}
	}
	return ""
}
