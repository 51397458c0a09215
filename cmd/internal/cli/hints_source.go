//go:build !core

package cli

import (
	"errors"

	"github.com/rootless-sandbox/sandbox/sandbox"
	"github.com/rootless-sandbox/sandbox/sandbox/image/oci"
)

// sourceHints knows what can be wrong with where images come from.
func sourceHints(err error) []diagnosis {
	var image *sandbox.ImageError
	var pull *oci.PullError
	if errors.As(err, &image) && !errors.As(err, &pull) {
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
			{"registry: {mirrors: [{prefix: docker.io, with: [REGISTRY]}]}", "in ~/.config/sandbox/config.yaml: one that can be reached from here"},
			{"image: apt:trixie", "in .sandbox.yaml: a base that needs no registry"},
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
