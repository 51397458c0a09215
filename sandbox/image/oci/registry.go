package oci

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"runtime"
	"sync"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"

	"github.com/rootless-sandbox/sandbox/sandbox/image"
)

// Registry is an image of a registry.
type Registry struct {
	ref     string
	at      []name.Reference // where to look, in order
	options Options
	base    http.RoundTripper

	mu     sync.Mutex
	found  name.Reference // where it was
	client *http.Client   // for its blobs
}

// NewRegistry is the source of a reference; nothing is asked yet.
func NewRegistry(ref string, o Options) (*Registry, error) {
	r, err := parse(ref)
	if err != nil {
		return nil, err
	}
	at, err := candidates(r, o.Mirrors)
	if err != nil {
		return nil, err
	}
	base, err := trusting(o.CAFile)
	if err != nil {
		return nil, err
	}
	base = transport.NewRetry(base, transport.WithRetryBackoff(backoff()), transport.WithRetryStatusCodes(retryCodes()...))
	return &Registry{ref: ref, at: at, options: o, base: base}, nil
}

// Resolve implements image.Source.
func (r *Registry) Resolve(ctx context.Context) (image.Image, error) {
	want, err := platform(r.options.Platform)
	if err != nil {
		return image.Image{}, &PullError{Ref: r.ref, Kind: ErrPlatform, Err: err}
	}
	var first error
	for _, at := range r.at {
		i, err := r.resolveAt(ctx, at, want)
		if err == nil {
			r.mu.Lock()
			r.found = at
			r.mu.Unlock()
			found, err := describe(r.ref, i)
			if err == nil {
				err = fits(found, want)
			}
			return found, err
		}
		if first == nil || errors.Is(first, ErrUnreachable) {
			first = err
		}
		if ctx.Err() != nil {
			return image.Image{}, ctx.Err()
		}
	}
	return image.Image{}, first
}

func (r *Registry) resolveAt(ctx context.Context, at name.Reference, want v1.Platform) (v1.Image, error) {
	d, err := remote.Get(at, r.remoteOptions(ctx, want)...)
	if err != nil {
		return nil, r.failed(at, err)
	}
	if !d.MediaType.IsIndex() {
		i, err := d.Image()
		if err == nil {
			_, err = i.RawConfigFile()
		}
		if err != nil {
			return nil, r.failed(at, err)
		}
		return i, nil
	}
	index, err := d.ImageIndex()
	if err != nil {
		return nil, r.failed(at, err)
	}
	i, err := choose(index, want)
	if err == nil {
		_, err = i.RawConfigFile()
	}
	if err != nil {
		return nil, r.failed(at, err)
	}
	return i, nil
}

func (r *Registry) remoteOptions(ctx context.Context, want v1.Platform) []remote.Option {
	return []remote.Option{
		remote.WithContext(ctx), remote.WithAuthFromKeychain(keychain(r.options.AuthFile)), remote.WithTransport(r.base),
		remote.WithPlatform(want), remote.WithUserAgent("sandbox"),
		remote.WithRetryBackoff(backoff()), remote.WithRetryStatusCodes(retryCodes()...),
	}
}

func backoff() remote.Backoff {
	return remote.Backoff{Duration: 300 * time.Millisecond, Factor: 3, Jitter: 0.1, Steps: attempts}
}

// attempts is how often something is tried that may work the next time.
const attempts = 4

func retryCodes() []int {
	return []int{
		http.StatusRequestTimeout, http.StatusTooManyRequests, http.StatusInternalServerError,
		http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout,
	}
}

// failed says what an error of a registry means.
func (r *Registry) failed(at name.Reference, err error) error {
	ref := at.Name()
	var answer *transport.Error
	var network *url.Error
	var pull *PullError
	var certificate *tls.CertificateVerificationError
	var credentials *credentialsError
	switch {
	case errors.As(err, &pull):
		return err
	case errors.As(err, &credentials):
		return &PullError{ref, ErrUnauthorized, err}
	case errors.As(err, &certificate): // on loopback it was tried without TLS after that
		return &PullError{ref, ErrCertificate, fmt.Errorf("%s: %w", at.Context().RegistryStr(), certificate)}
	case errors.As(err, &answer):
		switch answer.StatusCode {
		case http.StatusNotFound:
			return &PullError{ref, ErrNotFound, nil}
		case http.StatusUnauthorized, http.StatusForbidden:
			return &PullError{ref, ErrUnauthorized, fmt.Errorf("%s answered %d", at.Context().RegistryStr(), answer.StatusCode)}
		}
		return &PullError{ref, nil, fmt.Errorf("%s answered %d", at.Context().RegistryStr(), answer.StatusCode)}
	case errors.As(err, &network):
		return &PullError{ref, ErrUnreachable, err}
	}
	return &PullError{ref, nil, err}
}

// choose picks the image of a platform out of an index.
func choose(index v1.ImageIndex, want v1.Platform) (v1.Image, error) {
	m, err := index.IndexManifest()
	if err != nil {
		return nil, err
	}
	var have []string
	for _, d := range m.Manifests {
		switch {
		case d.Platform == nil || d.Platform.OS == "unknown":
			continue // an attestation
		case d.Platform.Satisfies(want):
			return index.Image(d.Digest)
		}
		have = append(have, printable(d.Platform.String()))
	}
	if len(m.Manifests) == 1 && len(have) == 0 {
		return index.Image(m.Manifests[0].Digest)
	}
	return nil, &PullError{Ref: want.String(), Kind: ErrPlatform, Err: fmt.Errorf("there are %v", have)}
}

func platform(s string) (v1.Platform, error) {
	if s == "" {
		return v1.Platform{OS: "linux", Architecture: runtime.GOARCH}, nil
	}
	p, err := v1.ParsePlatform(s)
	if err != nil {
		return v1.Platform{}, err
	}
	return *p, nil
}

// Open implements image.Source.
func (r *Registry) Open(ctx context.Context, l image.Layer) (io.ReadCloser, error) {
	at, client, err := r.blobs(ctx)
	if err != nil {
		return nil, err
	}
	repo := at.Context()
	url := repo.Scheme() + "://" + repo.RegistryStr() + "/v2/" + repo.RepositoryStr() + "/blobs/" + l.Blob.Digest.String()
	d := &download{ctx: ctx, client: client, url: url, want: l.Blob, ref: at.Name()}
	if r.options.Partial != nil {
		d.path = r.options.Partial(l.Blob.Digest.String())
	}
	if err := d.open(); err != nil {
		return nil, err
	}
	return d, nil
}

// blobs gives a client that is let in. Where the image was not resolved, as for
// the rest of one that is half here, its first place is asked.
func (r *Registry) blobs(ctx context.Context) (name.Reference, *http.Client, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.found == nil {
		r.found = r.at[0]
	}
	if r.client != nil {
		return r.found, r.client, nil
	}
	repo := r.found.Context()
	auth, err := keychain(r.options.AuthFile).Resolve(repo)
	if err != nil {
		return nil, nil, &PullError{r.ref, ErrUnauthorized, err}
	}
	t, err := transport.NewWithContext(ctx, repo.Registry, auth, r.base, []string{repo.Scope(transport.PullScope)})
	if err != nil {
		return nil, nil, r.failed(r.found, err)
	}
	r.client = &http.Client{Transport: t}
	return r.found, r.client, nil
}
