package apt

import (
	"fmt"
	"net/url"
	"strings"
)

// archive is where packages come from, and who vouches for them.
type archive struct {
	base    string // ends without a slash
	keyring string // a file; empty: the host's archive keyrings
	// dated says that the release may be out of date: it is one of the past.
	dated bool
}

// locate decides on the archive, from what was asked and what the host uses.
func locate(o Options) (archive, error) {
	a := archive{base: o.Mirror, keyring: o.Keyring}
	if a.base == "" || a.keyring == "" {
		if s, ok := choose(hostSources(o.HostRoot), o.Suite); ok {
			if a.base == "" {
				a.base = s.uri
			}
			// The keys of the host's source are those of its own address only.
			if a.keyring == "" && strings.TrimRight(a.base, "/") == strings.TrimRight(s.uri, "/") {
				a.keyring = s.signedBy
			}
		}
	}
	if o.Snapshot != "" {
		a.dated = true
		if strings.Contains(o.Snapshot, "://") {
			a.base = o.Snapshot
		} else if a.base != "" {
			a.base = strings.TrimRight(a.base, "/") + "/" + o.Snapshot
		}
	}
	if a.base == "" {
		return archive{}, &MirrorError{Suite: o.Suite}
	}
	a.base = strings.TrimRight(a.base, "/")
	u, err := url.Parse(a.base)
	if err != nil {
		return archive{}, fmt.Errorf("mirror for suite %s: %w", o.Suite, err)
	}
	if !supported(u.Scheme) {
		return archive{}, &MirrorError{Suite: o.Suite, Scheme: u.Scheme}
	}
	return a, nil
}

// public is an archive's address without the name and password that it may hold.
func public(base string) string {
	u, err := url.Parse(base)
	if err != nil {
		return base
	}
	u.User = nil
	return u.String()
}
