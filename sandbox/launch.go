package sandbox

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"

	"github.com/rootless-sandbox/sandbox/sandbox/image/host"
	"github.com/rootless-sandbox/sandbox/sandbox/internal/agent"
	"github.com/rootless-sandbox/sandbox/sandbox/internal/monitor"
	"github.com/rootless-sandbox/sandbox/sandbox/rootfs"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
	"github.com/rootless-sandbox/sandbox/userns"
)

// layout is where the parts of one sandbox lie on the host. Empty writable
// places mean in memory.
type layout struct {
	staging           string
	lower             []string // the unpacked layers, the lowest first; none on the host base
	upper, work       string
	whole             string // the root itself, where there are no layers
	etcUpper, etcWork string
	wsUpper, wsWork   string
	services          string            // where writable layers of services are
	volumes           map[string]string // by name
}

// launch turns a specification into what the new process has to do.
func (p *prepared) launch(d rootfs.Driver) (userns.Launch, error) {
	s, at := p.spec, p.at
	l := userns.Launch{
		IDs: p.ids, Hostname: s.Hostname, HostNetwork: s.Network == "host", Staging: at.staging, DieWithParent: true,
		Root: root(s, at, d), User: &userns.Account{
			Name: s.User.Name, UID: s.User.UID, GID: s.User.GID, Home: s.User.Home, Shell: s.User.Shell,
		},
	}
	l.Net = p.network.launch()
	if p.build {
		return p.launchBuild(l)
	}
	l.Ops = standardOps(s.Security) // first: what covers a secret of the host is its /dev/null
	l.Ops = append(l.Ops, p.devices.ops()...)
	if s.Image.Kind == spec.ImageHost {
		l.Ops = append(l.Ops, host.Ops(at.etcUpper, at.etcWork)...)
	}
	if !s.Ephemeral && !p.bare {
		l.AfterPID = freshPIDs()
	}
	if p.bare {
		l.User = nil
	} else {
		l.Ops = append(l.Ops, homeOps(s)...)
		l.Ops = append(l.Ops, p.etcOps()...)
		l.Ops = append(l.Ops, oneIDOps(s)...)
		l.Ops = append(l.Ops, dotfilesOps(s)...) // below the project, which may be the dotfiles themselves
		l.Ops = append(l.Ops, workspaceOps(s, at)...)
	}
	l.Ops = append(l.Ops, p.serviceOps()...) // before what is mounted in them
	for _, m := range s.Mounts {
		l.Ops = append(l.Ops, mountOp(s, m, at))
	}
	l.Ops = append(l.Ops, p.keptOps()...)
	secrets, err := secretOps(s, p.secrets)
	if err != nil {
		return l, err
	}
	l.Ops = append(l.Ops, secrets...) // last: nothing may lie over them
	if !p.bare {
		l.Ops = append(l.Ops, p.agentOps()...)
		l.Ops = append(l.Ops, p.git.ops(s)...) // last: they are about what is mounted
	}
	if s.Limits.PIDs > 0 {
		l.Limits.NProc = uint64(s.Limits.PIDs)
	}
	l.Limits.NoFile = uint64(s.Limits.NoFile)
	l.Payload, err = json.Marshal(p.agentConfig())
	return l, err
}

// freshPIDs is where the numbers of processes begin, elsewhere at each start. A file that names a process of the
// start before, as databases leave one when they are killed, would name one of the first processes of this one,
// and have the database refuse to start.
func freshPIDs() int {
	const reserved, most = 300, 30_000 // the kernel never gives away the first again; 32768 is the usual limit
	return reserved + rand.N(most-reserved)
}

func root(s spec.Spec, at layout, d rootfs.Driver) *userns.Root {
	switch {
	case s.Image.Kind != spec.ImageHost:
		return rootfs.Layers{Lower: at.lower, Upper: at.upper, Work: at.work, Whole: at.whole}.Root(d)
	case at.whole != "":
		return &userns.Root{Kind: userns.RootDir, Upper: at.whole}
	}
	return &userns.Root{Kind: userns.RootTmpfs}
}

func (p *prepared) agentConfig() agent.Config {
	s := p.spec
	c := agent.Config{
		OneShot: s.Ephemeral, NoRoot: p.noRoot, Env: withImageEnv(slices.Concat(p.devices.env, s.Image.Env, p.kept.env), s.Env), Dir: s.Start(), CallerID: s.User.UID, Single: p.ids.Single(),
		Confine: confinement(s.Security), KeepGroups: p.devices.keepGroups || sharedByGroup(s),
		User: agent.User{Name: s.User.Name, UID: s.User.UID, GID: s.User.GID, Home: s.User.Home, Shell: s.User.Shell},
	}
	c.Env = commandsEnv(s, c.Env, nil)
	c.Umask = p.umask
	if s.Workspace.Mode == "rw" {
		c.Workspace = s.Workspace.Target
		c.Repository, _ = p.git.elsewhere(s)
	}
	if !s.Ephemeral {
		c.Git = p.git.inside(s)
	}
	if p.agent != "" {
		c.Env = append(slices.Clone(c.Env), "SSH_AUTH_SOCK="+agentSocket)
	}
	return c
}

// homeOps makes the user's private home. What the image has there stays.
func homeOps(s spec.Spec) []userns.Op {
	return []userns.Op{{
		Kind: userns.OpMkdir, Target: s.User.Home, Mode: 0o755, UID: s.User.UID, GID: s.User.GID, Follow: true,
	}}
}

// etcOps gives the sandbox its own name.
func (p *prepared) etcOps() []userns.Op {
	s := p.spec
	text := func(name, data string) userns.Op {
		return userns.Op{Kind: userns.OpWrite, Target: "/etc/" + name, Data: data, Mode: 0o644, Follow: true}
	}
	hosts := fmt.Sprintf("127.0.0.1 localhost %s\n::1 localhost ip6-localhost ip6-loopback\n", s.Hostname)
	for _, line := range hostsOf(s) {
		hosts += line + "\n"
	}
	resolv := "# no network\n"
	if p.network.connected() {
		resolv = resolvConf()
	}
	if len(s.Net.HostLoopback) > 0 && p.network != nil {
		hosts += monitor.Host() + " host.sandbox.internal\n"
	}
	if s.Network == "host" {
		if b, err := os.ReadFile("/etc/resolv.conf"); err == nil {
			resolv = string(b)
		}
		if b, err := os.ReadFile("/etc/hosts"); err == nil {
			hosts = string(b)
		}
	}
	for _, name := range serviceNames(s) {
		hosts += "127.0.0.1 " + name + "\n"
	}
	return []userns.Op{
		text("hostname", s.Hostname+"\n"), text("hosts", hosts), text("resolv.conf", resolv),
		text("machine-id", strings.Repeat(s.ID+"00", 4)+"\n"),
	}
}

// oneIDOps tells apt not to give up root for a user of its own: with one id
// there is none, and apt checks.
func oneIDOps(s spec.Spec) []userns.Op {
	if s.IDs != spec.IDsSingle || s.Image.Kind == spec.ImageHost {
		return nil
	}
	return []userns.Op{{
		Kind: userns.OpWrite, Target: "/etc/apt/apt.conf.d/99sandbox", Data: "APT::Sandbox::User \"root\";\n",
		Mode: 0o644, Follow: true, Optional: true,
	}}
}

// workspaceOps mounts the project, without set-user-id: a file of that kind
// made inside would be the caller's outside.
func workspaceOps(s spec.Spec, at layout) []userns.Op {
	w := s.Workspace
	if w.Target == "" {
		return nil
	}
	op := userns.Op{Kind: userns.OpBind, Source: s.Top(), Target: w.Target, Follow: true, NoSuid: true, ReadOnly: w.Mode == "ro"}
	if w.Mode == "overlay" {
		op.Kind, op.Source, op.Lower, op.Upper, op.Work = userns.OpOverlay, "", s.Top(), at.wsUpper, at.wsWork
		op.UID, op.GID = s.User.UID, s.User.GID // the top directory is the writable layer's
	}
	ops := []userns.Op{op}
	if w.Target != "/workspace" {
		ops = append(ops, userns.Op{Kind: userns.OpSymlink, Source: w.Target, Target: "/workspace", Follow: true})
	}
	return ops
}

func mountOp(s spec.Spec, m spec.Mount, at layout) userns.Op {
	op := userns.Op{Target: m.Target, ReadOnly: m.ReadOnly, NoSuid: true}
	switch m.Type {
	case pristineVolume:
		op.Kind, op.Mode, op.Follow, op.UID, op.GID = userns.OpMkdir, 0o755, true, s.User.UID, s.User.GID
	case "tmpfs":
		op.Kind, op.Mode, op.Size, op.UID, op.GID = userns.OpTmpfs, 0o755, m.Size, s.User.UID, s.User.GID
	case "volume":
		op.Kind, op.Source, op.UID, op.GID = userns.OpVolume, at.volumes[m.Source], s.User.UID, s.User.GID
	default:
		op.Kind, op.Source = userns.OpBind, m.Source
		if m.Exact {
			op.Kind = userns.OpReal
		}
	}
	return op
}
