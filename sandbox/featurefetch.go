//go:build !core

package sandbox

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/rootless-sandbox/sandbox/config"
	"github.com/rootless-sandbox/sandbox/sandbox/feature"
	"github.com/rootless-sandbox/sandbox/sandbox/feature/folder"
	"github.com/rootless-sandbox/sandbox/sandbox/image/archive"
	"github.com/rootless-sandbox/sandbox/sandbox/image/oci"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

// featureType is the media type of a feature's archive (dev container specification, "Distribution").
const featureType = "application/vnd.devcontainers.layer.v1+tar"

// fetchFeature puts the files of a feature into the directory dir, and answers what it is.
// digest pins it, where it is known.
func fetchFeature(ctx context.Context, r feature.Reference, digest string, registry spec.Registry, dir string) (string, error) {
	if r.Kind == feature.Tarball {
		return fetchTarball(ctx, r.Name, dir)
	}
	source, err := oci.NewRegistry(r.Pinned(digest), registryOptions(registry))
	if err != nil {
		return "", err
	}
	a, err := source.ResolveArtifact(ctx, featureType)
	if err != nil {
		return "", err
	}
	if a.File.Size > folder.MaxBytes {
		return "", fmt.Errorf("larger than %d bytes", int64(folder.MaxBytes))
	}
	content, err := source.OpenFile(ctx, a)
	if err != nil {
		return "", err
	}
	err = archive.Tree(ctx, content, dir, folder.MaxBytes, folder.MaxEntries)
	return a.Digest, errors.Join(err, content.Close())
}

// fetchTarball fetches an archive by its address.
func fetchTarball(ctx context.Context, address, dir string) (digest string, err error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return "", err
	}
	req.Header.Set("User-Agent", "sandbox")
	client := &http.Client{CheckRedirect: func(next *http.Request, via []*http.Request) error {
		to := next.URL.String()
		if _, err := feature.ParseReference(to); err != nil {
			return err // by http, or to somebody's password
		}
		if config.LocalRequest(to) != "" && config.LocalRequest(address) == "" {
			return errors.New("it leads to an address of this machine or its network")
		}
		if len(via) >= 10 {
			return errors.New("too many redirections")
		}
		return nil
	}}
	res, err := client.Do(req)
	if err != nil {
		return "", unreachable(err)
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		return "", fmt.Errorf("the server answered %d", res.StatusCode)
	}
	sum := sha256.New()
	body := io.TeeReader(io.LimitReader(res.Body, folder.MaxBytes+1), sum)
	if err := archive.Tree(ctx, body, dir, folder.MaxBytes, folder.MaxEntries); err != nil {
		return "", err
	}
	if _, err := io.Copy(io.Discard, body); err != nil { // what lies behind the archive is part of the file
		return "", err
	}
	return "sha256:" + hex.EncodeToString(sum.Sum(nil)), nil
}

// unreachable leaves out the address, which is said already.
func unreachable(err error) error {
	var failed *url.Error
	if errors.As(err, &failed) {
		return failed.Err
	}
	return err
}
