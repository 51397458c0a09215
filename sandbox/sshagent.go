package sandbox

import (
	"net"
	"os"
	"time"

	"github.com/rootless-sandbox/sandbox/sandbox/spec"
	"github.com/rootless-sandbox/sandbox/userns"
)

// agentSocket is where the ssh agent is inside.
const agentSocket = "/run/ssh-agent.sock"

// lookAtAgent finds the caller's ssh agent, if the sandbox is to have it. One that
// is not there is told: it is the caller's session that lacks it, not the sandbox.
func (p *prepared) lookAtAgent(emit func(spec.Event)) {
	if !p.spec.SSHAgent {
		return
	}
	path := os.Getenv("SSH_AUTH_SOCK")
	why := ""
	if path == "" {
		why = "SSH_AUTH_SOCK is not set here"
	} else if c, err := net.DialTimeout("unix", path, time.Second); err != nil {
		why = "no agent answers at SSH_AUTH_SOCK: " + err.Error()
	} else {
		_ = c.Close()
		p.agent = path
	}
	if why != "" {
		emit(spec.Event{Kind: "note", Name: "ssh_agent", Detail: "there is none inside: " + why})
	}
}

// agentOps shows its socket alone: a directory of sockets would show more.
func (p *prepared) agentOps() []userns.Op {
	if p.agent == "" {
		return nil
	}
	return []userns.Op{{Kind: userns.OpBind, Source: p.agent, Target: agentSocket, Follow: true, NoSuid: true, NoExec: true}}
}
