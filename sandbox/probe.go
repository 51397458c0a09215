package sandbox

import (
	"context"
	"os"

	"github.com/rootless-sandbox/sandbox/sandbox/internal/job"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
	"github.com/rootless-sandbox/sandbox/userns"
)

// Probe tries everything that a sandbox needs of this host.
func Probe(ctx context.Context) []userns.Fact {
	dir, err := os.MkdirTemp("", "sandbox-probe-")
	if err != nil {
		return []userns.Fact{{Name: "temporary directory", Required: true, Err: err.Error()}}
	}
	defer func() { _ = os.Remove(dir) }()
	name, _ := whoami(os.Getuid())
	facts := userns.Prober{
		Role: job.Role, Payload: job.Nothing, Staging: dir, User: name, Caller: caller(spec.IDsRange),
	}.Probe(ctx)
	return append(facts, networkFacts()...)
}
