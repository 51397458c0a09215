package sandbox

import (
	"encoding/json"
	"slices"

	"github.com/rootless-sandbox/sandbox/userns"
)

// launchBuild completes the launch of a command of a Dockerfile: it finds the
// root file system as the image will have it, with /tmp and /run, and with nothing of
// ours written into it.
func (p *prepared) launchBuild(l userns.Launch) (_ userns.Launch, err error) {
	l.User = nil
	l.Ops = append(buildStandard(), p.extra...)
	l.Payload, err = json.Marshal(p.agentConfig())
	return l, err
}

// buildStandard is userns.Standard without what is in memory.
func buildStandard() []userns.Op {
	return slices.DeleteFunc(userns.Standard(), func(op userns.Op) bool {
		return op.Kind == userns.OpTmpfs || op.Kind == userns.OpMkdir
	})
}
