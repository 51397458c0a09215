package sandbox

import (
	"context"
	"os"
	"strings"
	"syscall"

	"github.com/rootless-sandbox/sandbox/sandbox/cgroup"
	"github.com/rootless-sandbox/sandbox/sandbox/internal/job"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
	"github.com/rootless-sandbox/sandbox/userns"
	"github.com/rootless-sandbox/sandbox/userns/subid"
)

// Probe tries everything that a sandbox needs of this host.
func Probe(ctx context.Context) []userns.Fact {
	dir, err := os.MkdirTemp("", "sandbox-probe-")
	if err != nil {
		return []userns.Fact{{Name: "temporary directory", Required: true, Err: err.Error()}}
	}
	defer func() { _ = os.Remove(dir) }()
	name, _ := whoami(os.Getuid())
	_, _, err = subid.Ranges(os.Getuid(), name)
	facts := userns.Prober{
		Role: job.Role, Payload: job.Nothing, Staging: dir, Caller: caller(spec.IDsRange), NoRange: err,
	}.Probe(ctx)
	return append(append(facts, networkFacts()...), cgroupFact(), deviceFact())
}

func cgroupFact() userns.Fact {
	how, err := cgroup.Describe()
	f := userns.Fact{Name: "control groups", OK: err == nil, Detail: how}
	if err != nil {
		f.Err, f.Needs = err.Error(), userns.NeedsCgroup2
	}
	return f
}

// deviceFact tells which of the devices that sandboxes are given most often this user
// can use. None is needed.
func deviceFact() userns.Fact {
	const readWrite = 4 | 2
	var usable, not []string
	for _, path := range append([]string{"/dev/fuse", "/dev/kvm", "/dev/net/tun"}, glob("/", "dev/dri/renderD*")...) {
		switch err := syscall.Access(path, readWrite); err {
		case nil:
			usable = append(usable, path)
		case syscall.ENOENT:
		default:
			not = append(not, path)
		}
	}
	detail := strings.Join(usable, ", ")
	if detail == "" {
		detail = "none of yours"
	}
	if len(not) > 0 {
		detail += "; there, but not yours to use: " + strings.Join(not, ", ")
	}
	return userns.Fact{Name: "devices", OK: true, Detail: detail}
}
