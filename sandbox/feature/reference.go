package feature

import (
	"net"
	"net/url"
	"path"
	"regexp"
	"strings"
)

// Kind says where a feature comes from.
type Kind int

// Kinds.
const (
	Registry Kind = iota // an artifact of an OCI registry
	Tarball              // an archive by its address
	Local                // a folder beside the configuration
)

// Reference is the name of a feature, taken apart.
type Reference struct {
	Kind    Kind
	Written string
	// Name is that without version and digest: registry/namespace/id in small
	// letters, the address, or the folder's path, relative, with ./ in front.
	Name        string
	Tag, Digest string // Registry: at most one of them
	// Implied: it is written as older versions of the format were, without a registry.
	Implied bool
}

// ReferenceError: that names no feature.
type ReferenceError struct{ Written, Why string }

func (e *ReferenceError) Error() string { return "feature " + printable(e.Written) + ": " + e.Why }

// collection is what a name without a registry belongs to.
const collection = "ghcr.io/devcontainers/features/"

// ParseReference takes a name apart.
func ParseReference(s string) (Reference, error) {
	r := Reference{Written: s}
	switch {
	case s == "" || len(s) > 1024 || strings.ContainsFunc(s, func(c rune) bool { return c <= ' ' || c == 0x7f }):
		return r, &ReferenceError{s, "a name of 1 to 1024 characters without blanks is needed"}
	case strings.Contains(s, "://"):
		return r.address()
	case strings.HasPrefix(s, "./") || strings.HasPrefix(s, "../") || strings.HasPrefix(s, "/") || s == ".":
		return r.folder()
	}
	return r.artifact()
}

func (r Reference) folder() (Reference, error) {
	clean := path.Clean(r.Written)
	if strings.HasPrefix(clean, "/") {
		return r, &ReferenceError{r.Written, "a folder is named relative to the configuration: ./DIR"}
	}
	r.Kind, r.Name = Local, clean
	if !strings.HasPrefix(clean, "../") && clean != ".." {
		r.Name = "./" + clean
	}
	return r, nil
}

func (r Reference) address() (Reference, error) {
	u, err := url.Parse(r.Written)
	switch {
	case err != nil || u.Host == "":
		return r, &ReferenceError{r.Written, "not an address"}
	case u.User != nil:
		return r, &ReferenceError{"https://...", "it holds a user's name or password"}
	case u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname())):
		return r, &ReferenceError{r.Written, "an archive is fetched by https only"}
	}
	r.Kind, r.Name = Tarball, r.Written
	return r, nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func (r Reference) artifact() (Reference, error) {
	r.Kind = Registry
	name := r.Written
	if before, digest, ok := strings.Cut(name, "@"); ok {
		if !regexp.MustCompile(`^sha256:[0-9a-f]{64}$`).MatchString(digest) {
			return r, &ReferenceError{r.Written, "the digest is not sha256: with 64 hexadecimal digits"}
		}
		name, r.Digest = before, digest
	}
	if at := strings.LastIndexByte(name, ':'); at > strings.LastIndexByte(name, '/') {
		name, r.Tag = name[:at], name[at+1:]
		if !regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$`).MatchString(r.Tag) {
			return r, &ReferenceError{r.Written, "no such version can be"}
		}
	}
	name = strings.ToLower(name)
	switch parts := strings.Split(name, "/"); {
	case len(parts) == 1:
		name, r.Implied = collection+name, true
		if r.Tag == "" && r.Digest == "" {
			r.Tag = "1"
		}
	case !strings.ContainsAny(parts[0], ".:") && parts[0] != "localhost":
		return r, &ReferenceError{r.Written, "releases of GitHub are no source of features any more: a registry's name is needed in front, such as ghcr.io/" + name}
	case len(parts) < 3:
		return r, &ReferenceError{r.Written, "registry/namespace/id is needed"}
	}
	if !regexp.MustCompile(`^[a-z0-9.\-\[\]:]+(/[a-z0-9]+([._-]+[a-z0-9]+)*)+$`).MatchString(name) {
		return r, &ReferenceError{r.Written, "no registry can have such a name"}
	}
	if r.Name = name; r.Tag == "" && r.Digest == "" {
		r.Tag = "latest"
	}
	return r, nil
}

// ID is the last part of the name.
func (r Reference) ID() string {
	name := strings.TrimSuffix(path.Base(r.Name), ".tgz")
	return strings.TrimPrefix(name, "devcontainer-feature-")
}

// Pinned is the reference with exactly that content, as a registry takes it.
func (r Reference) Pinned(digest string) string {
	switch {
	case r.Kind != Registry:
		return r.Name
	case digest != "":
		return r.Name + "@" + digest
	case r.Digest != "":
		return r.Name + "@" + r.Digest
	}
	return r.Name + ":" + r.Tag
}
