package apt

import (
	"bytes"
	"errors"
	"io"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/clearsign"
	pgperrors "github.com/ProtonMail/go-crypto/openpgp/errors"
	"github.com/ProtonMail/go-crypto/openpgp/packet"
)

var (
	errNotSigned    = errors.New("it is not signed")
	errNoSignatures = errors.New("it has no signature that can be read")
)

// openSigned gives the text of a clear-signed file (RFC 9580, section 7), and
// nothing of what stands around it. One good signature by one of the keys is
// enough: an archive signs with its old and its new key for years.
func openSigned(file []byte, keys openpgp.EntityList, now time.Time) ([]byte, error) {
	block, _ := clearsign.Decode(file)
	if block == nil {
		return nil, errNotSigned
	}
	signatures, err := io.ReadAll(block.ArmoredSignature.Body)
	if err != nil {
		return nil, err
	}
	config := &packet.Config{Time: func() time.Time { return now }}
	first := errNoSignatures
	for _, s := range split(signatures) {
		_, err := openpgp.CheckDetachedSignature(keys, bytes.NewReader(block.Bytes), bytes.NewReader(s), config)
		if err == nil {
			return block.Plaintext, nil
		}
		// That a key is unknown says less than why a known one does not do.
		if first == errNoSignatures || errors.Is(first, pgperrors.ErrUnknownIssuer) {
			first = err
		}
	}
	return nil, first
}

// split takes the signatures apart. The library would check the first one of a
// known key only, which may be an expired one.
func split(signatures []byte) [][]byte {
	var all [][]byte
	packets := packet.NewReader(bytes.NewReader(signatures))
	for {
		p, err := packets.Next()
		if err != nil { // io.EOF, or nothing that can be read beyond it
			return all
		}
		s, ok := p.(*packet.Signature)
		if !ok {
			continue
		}
		var one bytes.Buffer
		if s.Serialize(&one) == nil {
			all = append(all, one.Bytes())
		}
	}
}

// readRelease opens a release file and refuses all but that of the suite.
func readRelease(file []byte, keys openpgp.EntityList, url, suite string, now time.Time, dated bool) (*release, error) {
	text, err := openSigned(file, keys, now)
	if err != nil {
		return nil, &SignatureError{url, err}
	}
	r, err := parseRelease(text)
	if err != nil {
		return nil, err
	}
	return r, r.check(url, suite, now, dated)
}
