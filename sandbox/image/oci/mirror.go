package oci

import (
	"errors"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
)

// Mirror stands in front of a registry, or of a part of one.
type Mirror struct {
	Prefix string   // of whole references: docker.io, docker.io/library
	With   []string // what to put in its place, in order
	Only   bool     // and not to ask the registry itself
}

// parse reads a reference as docker does: without a registry it is Docker Hub's,
// without a tag it is latest.
func parse(ref string) (name.Reference, error) {
	if host, _, _ := strings.Cut(ref, "/"); strings.Contains(strings.ReplaceAll(host, "@sha256:", ""), "@") {
		return nil, &PullError{Ref: "...", Kind: ErrReference, Err: errors.New("it holds a user's name or password")}
	}
	r, err := name.ParseReference(ref)
	if err != nil {
		return nil, &PullError{Ref: printable(ref), Kind: ErrReference, Err: err}
	}
	return r, nil
}

// AtDigest is a reference to one image, whatever its tag means by now. The
// digest of an image out of an index serves as well as that of the index.
func AtDigest(ref, digest string) string {
	r, err := parse(ref)
	if err != nil {
		return ref // where it is used, the error is met again
	}
	return r.Context().Name() + "@" + digest
}

// candidates are the places to look for a reference at, in order.
func candidates(r name.Reference, mirrors []Mirror) ([]name.Reference, error) {
	repository := hubName(r.Context().Name())
	var out []name.Reference
	for _, m := range mirrors {
		prefix := strings.TrimSuffix(hubName(m.Prefix), "/")
		rest, ok := strings.CutPrefix(repository, prefix)
		if !ok || rest != "" && rest[0] != '/' {
			continue
		}
		for _, with := range m.With {
			at, err := parse(strings.TrimSuffix(with, "/") + rest + identifier(r))
			if err != nil {
				return nil, err
			}
			out = append(out, at)
		}
		if m.Only {
			return out, nil
		}
	}
	return append(out, r), nil
}

func identifier(r name.Reference) string {
	if d, ok := r.(name.Digest); ok {
		return "@" + d.DigestStr()
	}
	return ":" + r.Identifier()
}

// hubName is one name for the several of Docker Hub.
func hubName(s string) string {
	for _, other := range []string{"index.docker.io", "registry-1.docker.io"} {
		if rest, ok := strings.CutPrefix(s, other); ok && (rest == "" || rest[0] == '/') {
			return "docker.io" + rest
		}
	}
	return s
}
