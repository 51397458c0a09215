package apt

import (
	"fmt"
	"strings"
	"time"
)

// MirrorError says that no archive is known for a suite.
type MirrorError struct {
	Suite string
	// Scheme of an address that cannot be used, when that is the reason.
	Scheme string
}

func (e *MirrorError) Error() string {
	if e.Scheme != "" {
		return fmt.Sprintf("mirror for suite %s: scheme %q is not supported", e.Suite, e.Scheme)
	}
	return fmt.Sprintf("mirror for suite %s: none is set and the host's apt sources name none", e.Suite)
}

// KeyringError says that the keys to verify an archive with cannot be had.
type KeyringError struct {
	Path string // empty: no archive keyring was found on the host
	Err  error
}

func (e *KeyringError) Error() string {
	if e.Path == "" {
		return "read archive keyring: the host has none"
	}
	return fmt.Sprintf("read keyring %s: %v", e.Path, e.Err)
}

func (e *KeyringError) Unwrap() error { return e.Err }

// SignatureError says that what an archive's release file says is not vouched
// for by a known key.
type SignatureError struct {
	URL string
	Err error
}

func (e *SignatureError) Error() string {
	return fmt.Sprintf("verify signature of %s: %v", e.URL, e.Err)
}

func (e *SignatureError) Unwrap() error { return e.Err }

// SuiteError says that a release file is not that of the suite asked for.
type SuiteError struct {
	URL, Asked, Suite, Codename string
}

func (e *SuiteError) Error() string {
	return fmt.Sprintf("release file %s: asked for %q, but it is of suite %q, codename %q", e.URL, e.Asked, e.Suite, e.Codename)
}

// ExpiredError says that a release file is too old to be trusted: the archive
// is no longer updated, someone serves an old one, or the clock is wrong.
type ExpiredError struct {
	URL             string
	ValidUntil, Now time.Time
}

func (e *ExpiredError) Error() string {
	return fmt.Sprintf("release file %s: valid until %s, and it is %s",
		e.URL, e.ValidUntil.UTC().Format(time.RFC3339), e.Now.UTC().Format(time.RFC3339))
}

// ParseError says where an archive's file is not as it should be.
type ParseError struct {
	What string // the file
	Why  string
}

func (e *ParseError) Error() string { return fmt.Sprintf("parse %s: %s", e.What, e.Why) }

// HashError says that a file is not the one that the archive's index names.
type HashError struct {
	URL       string
	Want, Got string // SHA-256, or a size in bytes
}

func (e *HashError) Error() string {
	return fmt.Sprintf("verify %s: got %s, want %s", e.URL, e.Got, e.Want)
}

// StatusError is an HTTP answer other than 200.
type StatusError struct {
	URL  string
	Code int
}

func (e *StatusError) Error() string { return fmt.Sprintf("get %s: HTTP status %d", e.URL, e.Code) }

// ComponentError says that an archive has no such part.
type ComponentError struct {
	Suite, Component, Arch string
	Known                  []string // components or architectures that it has
}

func (e *ComponentError) Error() string {
	return fmt.Sprintf("suite %s has no component %s for %s (it has %s)", e.Suite, e.Component, e.Arch, strings.Join(e.Known, ", "))
}

// MissingError names packages that the archive does not have.
type MissingError struct {
	Suite string
	Names []MissingName
}

// MissingName is one of them.
type MissingName struct {
	Name      string
	Nearest   []string // names that exist and look alike, the nearest first
	Providers []string // packages that provide it, when it is a virtual one
}

func (e *MissingError) Error() string {
	parts := make([]string, len(e.Names))
	for i, n := range e.Names {
		parts[i] = n.String()
	}
	return fmt.Sprintf("suite %s has no package %s", e.Suite, strings.Join(parts, ", "))
}

func (n MissingName) String() string {
	switch {
	case len(n.Providers) > 0:
		return fmt.Sprintf("%s (provided by: %s)", n.Name, strings.Join(n.Providers, ", "))
	case len(n.Nearest) > 0:
		return fmt.Sprintf("%s (nearest: %s)", n.Name, strings.Join(n.Nearest, ", "))
	}
	return n.Name
}

// UnsatisfiedError names a dependency that nothing in the archive satisfies, or
// nothing that could be installed beside the rest.
type UnsatisfiedError struct {
	Package  string
	Relation string   // as the package says it
	Conflict []string // packages that would satisfy it, but for a conflict
}

func (e *UnsatisfiedError) Error() string {
	s := fmt.Sprintf("package %s depends on %s, which nothing satisfies", e.Package, e.Relation)
	if len(e.Conflict) > 0 {
		s += fmt.Sprintf(" (%s would, but conflicts with the rest)", strings.Join(e.Conflict, ", "))
	}
	return s
}

// ConflictError names two packages that cannot be installed together.
type ConflictError struct {
	Package, Other string
	Relation       string // what Package says of Other
}

func (e *ConflictError) Error() string {
	return fmt.Sprintf("package %s cannot be installed with %s (%s)", e.Package, e.Other, e.Relation)
}

// PackageError says that a package could not be unpacked or configured.
type PackageError struct {
	Package string
	Err     error
}

func (e *PackageError) Error() string { return fmt.Sprintf("package %s: %v", e.Package, e.Err) }
func (e *PackageError) Unwrap() error { return e.Err }
