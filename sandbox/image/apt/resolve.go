package apt

import (
	"bytes"
	"context"
	"fmt"
	"strings"

	"golang.org/x/sync/errgroup"
)

// maxRelease bounds a release file; those of large archives have a megabyte.
const maxRelease = 32 << 20

// Resolve reads the archive's index and decides what a root file system of it
// is made of. Beside reading the host's keys and sources and, with o.Cache, what
// was fetched before, it changes nothing.
//
// Errors are *MirrorError, *KeyringError, *SignatureError, *SuiteError,
// *ExpiredError, *ParseError, *HashError, *StatusError, *ComponentError,
// *MissingError, *UnsatisfiedError, *ConflictError, or those of the network.
func Resolve(ctx context.Context, o Options) (*Plan, error) {
	o = o.withDefaults()
	if !validSuite(o.Suite) {
		return nil, fmt.Errorf("suite %q is not a name", o.Suite)
	}
	a, err := locate(o)
	if err != nil {
		return nil, err
	}
	r, err := fetchRelease(ctx, o, a)
	if err != nil {
		return nil, err
	}
	var keep errgroup.Group
	ix, err := fetchIndexes(ctx, o, a, r, &keep)
	if err != nil {
		_ = keep.Wait() // the first error says more
		return nil, err
	}
	s, err := solve(ix, o.Suite, o.Packages)
	if kerr := keep.Wait(); err == nil {
		err = kerr
	}
	if err != nil {
		return nil, err
	}
	return &Plan{
		Suite: o.Suite, Codename: r.codename, Arch: o.Arch,
		Mirror: a.base, Components: o.Components, Date: r.date, Packages: s.packages(),
	}, nil
}

func validSuite(s string) bool {
	return s != "" && localPath(s) && !strings.HasPrefix(s, ".") && !strings.ContainsAny(s, " \t\r\n")
}

func fetchRelease(ctx context.Context, o Options, a archive) (*release, error) {
	paths, err := keyrings(a, o.HostRoot)
	if err != nil {
		return nil, err
	}
	keys, err := readKeyrings(paths)
	if err != nil {
		return nil, err
	}
	address := a.base + "/dists/" + o.Suite + "/InRelease"
	var file bytes.Buffer
	err = retry(ctx, func() error {
		file.Reset()
		return get(ctx, o.Client, address, maxRelease, &file)
	})
	if err != nil {
		return nil, err
	}
	return readRelease(file.Bytes(), keys, public(address), o.Suite, o.Now(), a.dated)
}
