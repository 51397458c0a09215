package oci

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"os"

	"github.com/docker/cli/cli/config"
	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// keychain finds out who the caller is at a registry.
func keychain(file string) authn.Keychain {
	if file == "" {
		return told{authn.DefaultKeychain}
	}
	return told{authn.NewMultiKeychain(fileKeychain(file), authn.DefaultKeychain)}
}

// told marks what goes wrong with credentials before a registry is asked: a
// file that is not there, a helper that fails.
type told struct{ authn.Keychain }

// Resolve implements authn.Keychain.
func (k told) Resolve(target authn.Resource) (authn.Authenticator, error) {
	a, err := k.Keychain.Resolve(target)
	if err != nil {
		err = &credentialsError{err}
	}
	return a, err
}

type credentialsError struct{ err error }

func (e *credentialsError) Error() string { return e.err.Error() }
func (e *credentialsError) Unwrap() error { return e.err }

// fileKeychain is a file in the format of docker's config.json.
type fileKeychain string

// Resolve implements authn.Keychain.
func (k fileKeychain) Resolve(target authn.Resource) (authn.Authenticator, error) {
	f, err := os.Open(string(k))
	if err != nil {
		return nil, fmt.Errorf("read SANDBOX_REGISTRY_AUTH: %w", err)
	}
	defer func() { _ = f.Close() }()
	c, err := config.LoadFromReader(f)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", k, err)
	}
	host := target.RegistryStr()
	if host == name.DefaultRegistry {
		host = authn.DefaultAuthKey
	}
	found, err := c.GetAuthConfig(host)
	if err != nil {
		return nil, fmt.Errorf("credentials for %s: %w", host, err)
	}
	a := authn.AuthConfig{
		Username: found.Username, Password: found.Password, Auth: found.Auth,
		IdentityToken: found.IdentityToken, RegistryToken: found.RegistryToken,
	}
	if a == (authn.AuthConfig{}) {
		return authn.Anonymous, nil
	}
	return authn.FromConfig(a), nil
}

// trusting reaches registries: by the proxies of the environment, and trusting
// one more authority if there is a file.
func trusting(caFile string) (http.RoundTripper, error) {
	base, ok := remote.DefaultTransport.(*http.Transport)
	if !ok || caFile == "" {
		return remote.DefaultTransport, nil
	}
	pem, err := os.ReadFile(caFile)
	if err != nil {
		return nil, fmt.Errorf("read registry.ca_file: %w", err)
	}
	roots, err := x509.SystemCertPool()
	if err != nil {
		roots = x509.NewCertPool()
	}
	if !roots.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("read registry.ca_file %s: no certificate in it", caFile)
	}
	t := base.Clone()
	t.TLSClientConfig = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	return t, nil
}
