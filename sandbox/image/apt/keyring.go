package apt

import (
	"bytes"
	"os"
	"path/filepath"

	"github.com/ProtonMail/go-crypto/openpgp"
)

// keyrings are the files whose keys may vouch for an archive. Of the host's
// keyrings only those of distributions count: a key of some other vendor must
// not be able to sign a base system.
func keyrings(a archive, hostRoot string) ([]string, error) {
	if a.keyring != "" {
		return []string{a.keyring}, nil
	}
	var all []string
	for _, ext := range []string{"gpg", "pgp", "asc"} {
		// The pattern is a constant: it cannot be malformed.
		found, _ := filepath.Glob(filepath.Join(hostRoot, "usr/share/keyrings", "*-archive-keyring."+ext))
		all = append(all, found...)
	}
	if len(all) == 0 {
		return nil, &KeyringError{}
	}
	return all, nil
}

func readKeyrings(paths []string) (openpgp.EntityList, error) {
	var all openpgp.EntityList
	for _, p := range paths {
		b, err := os.ReadFile(p)
		if err != nil {
			return nil, &KeyringError{p, err}
		}
		keys, err := parseKeyring(b)
		if err != nil {
			return nil, &KeyringError{p, err}
		}
		all = append(all, keys...)
	}
	return all, nil
}

func parseKeyring(b []byte) (openpgp.EntityList, error) {
	if bytes.HasPrefix(bytes.TrimSpace(b), []byte("-----BEGIN ")) {
		return openpgp.ReadArmoredKeyRing(bytes.NewReader(b))
	}
	return openpgp.ReadKeyRing(bytes.NewReader(b))
}
