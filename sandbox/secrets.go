package sandbox

import (
	"context"
	"os"

	"github.com/rootless-sandbox/sandbox/sandbox/secret"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
	"github.com/rootless-sandbox/sandbox/userns"
)

// readSecrets reads the values for one start of a sandbox, or for one command of a build.
func readSecrets(ctx context.Context, list []spec.Secret, project string) ([]secret.Value, error) {
	if len(list) == 0 {
		return nil, nil
	}
	_, home := whoami(os.Getuid())
	return secret.Read(ctx, list, secret.Options{Project: project, Home: home, Environ: os.Environ(), Stderr: os.Stderr})
}

// secretOps puts the values into a directory of its own in memory, whatever lies
// below. They are on their way to the first process in its launch, over a pipe.
func secretOps(s spec.Spec, values []secret.Value) ([]userns.Op, error) {
	if len(values) == 0 {
		return nil, nil
	}
	files := map[string][]byte{}
	for _, v := range values {
		files[v.Name] = v.Data
	}
	data, err := userns.FilesData(files)
	return []userns.Op{{
		Kind: userns.OpFiles, Target: secretsDir, Data: data, Mode: 0o400, UID: s.User.UID, GID: s.User.GID, Follow: true,
	}}, err
}
