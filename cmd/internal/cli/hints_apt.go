//go:build !core

package cli

import (
	"errors"
	"net/url"

	"github.com/rootless-sandbox/sandbox/sandbox/image/apt"
)

// aptHints knows what can be wrong with an archive of Debian packages.
func aptHints(err error) []diagnosis {
	var missing *apt.MissingError
	var unsatisfied *apt.UnsatisfiedError
	var conflict *apt.ConflictError
	var mirror *apt.MirrorError
	var status *apt.StatusError
	var network *url.Error
	setMirror := hint{"apt: {mirror: http://MIRROR/debian}", "in .sandbox.yaml; or export SANDBOX_APT_MIRROR=http://MIRROR/debian"}
	switch {
	case errors.As(err, &missing), errors.As(err, &unsatisfied), errors.As(err, &conflict):
		return one(diagnosis{Code: "SBX0305", Hints: []hint{
			{"packages: [...]", "in the configuration: the names are those of the image's own distribution"},
		}})
	case errors.As(err, &mirror):
		return one(diagnosis{Code: "SBX0310", Hints: []hint{setMirror}})
	case errors.As(err, &status):
		return one(diagnosis{Code: "SBX0310", Hints: []hint{{"image: apt:trixie", "in .sandbox.yaml: a suite that the archive has"}, setMirror}})
	case distrusted(err):
		return one(diagnosis{Code: "SBX0311", Hints: []hint{
			{"apt-get install debian-archive-keyring", "the keys that Debian's archive is signed by"},
			{"apt: {keyring: FILE}", "in .sandbox.yaml: those of another archive"},
		}})
	case errors.As(err, &network):
		return one(diagnosis{Code: "SBX0310", Hints: []hint{setMirror}})
	}
	return nil
}

// distrusted: the archive is there, and not what it should be.
func distrusted(err error) bool {
	var keyring *apt.KeyringError
	var signature *apt.SignatureError
	var suite *apt.SuiteError
	var expired *apt.ExpiredError
	var hash *apt.HashError
	return errors.As(err, &keyring) || errors.As(err, &signature) || errors.As(err, &suite) || errors.As(err, &expired) || errors.As(err, &hash)
}
