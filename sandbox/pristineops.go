package sandbox

import "github.com/rootless-sandbox/sandbox/userns"

// keptOps mounts the caches. A pristine run has each as it is, and leaves it so.
func (p *prepared) keptOps() []userns.Op {
	ops := p.kept.ops()
	if !p.pristine {
		return ops
	}
	var out []userns.Op
	for _, op := range ops {
		switch op.Kind {
		case userns.OpBind:
			out = append(out, userns.Op{
				Kind: userns.OpOverlay, Lower: op.Source, Target: op.Target, Follow: true, NoSuid: true,
				UID: p.spec.User.UID, GID: p.spec.User.GID,
			})
		case userns.OpVolume: // of the package manager, which runs as root
		default:
			out = append(out, op)
		}
	}
	return out
}
