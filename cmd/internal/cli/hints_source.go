//go:build !core

package cli

import (
	"errors"
	"strings"

	"github.com/rootless-sandbox/sandbox/config"
	"github.com/rootless-sandbox/sandbox/sandbox"
	"github.com/rootless-sandbox/sandbox/sandbox/image/oci"
)

// sourceHints knows what can be wrong with where images come from.
func (a *app) sourceHints(err error) []diagnosis {
	var image *sandbox.ImageError
	var pull *oci.PullError
	if pulled := errors.As(err, &pull); errors.As(err, &image) && !pulled {
		if found := aptHints(err); found != nil {
			return found
		}
	}
	switch {
	case errors.Is(err, oci.ErrUnauthorized):
		return one(diagnosis{Code: "SBX0307", Hints: []hint{
			{"docker login REGISTRY", "or podman login: the credentials in ~/.docker/config.json are used"},
			{"export SANDBOX_REGISTRY_AUTH=FILE", "another file in the format of docker's config.json"},
		}})
	case errors.Is(err, oci.ErrUnreachable):
		return one(diagnosis{Code: "SBX0308", Hints: []hint{
			{"registry: {mirrors: [{prefix: " + quote(registryOf(pull)) + ", with: [REGISTRY]}]}", "in ~/.config/sandbox/config.yaml: one that can be reached from here"},
			a.anotherBase(),
		}})
	case errors.Is(err, oci.ErrCertificate):
		return one(diagnosis{Code: "SBX0312", Hints: []hint{
			{"registry: {ca_file: FILE}", "in ~/.config/sandbox/config.yaml: the certificate of the authority, PEM"},
		}})
	case errors.Is(err, oci.ErrNotFound), errors.Is(err, oci.ErrReference), errors.Is(err, oci.ErrPlatform):
		return one(diagnosis{Code: "SBX0309", Hints: []hint{
			{"sandbox image ls", "those that are here"},
			{"image: docker.io/library/debian:13", "the form of a reference: registry, name, tag"},
		}})
	}
	return nil
}

// anotherBase is a line to paste. A file beside a devcontainer.json begins with it.
func (a *app) anotherBase() hint {
	if file := a.ownFile(); file == config.LocalName {
		return hint{"printf 'version: 1\\nimage: apt:trixie\\n' > " + file, "a base that needs no registry; all else of the devcontainer.json counts"}
	}
	return hint{"image: apt:trixie", "in .sandbox.yaml: a base that needs no registry"}
}

// registryOf is the one that could not be reached.
func registryOf(pull *oci.PullError) string {
	if pull != nil {
		if registry, _, ok := strings.Cut(pull.Ref, "/"); ok {
			return registry
		}
	}
	return "docker.io"
}
