package devcontainer

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"math/big"
	"strconv"
	"strings"
)

// ID is what ${devcontainerId} stands for: a name of the container that stays the same
// when it is made anew, of the labels that tell it from others (the specification's
// "Label-based Computation").
func ID(labels map[string]string) string {
	var text bytes.Buffer
	e := json.NewEncoder(&text) // sorts the keys
	e.SetEscapeHTML(false)
	_ = e.Encode(labels) // texts: there is no error
	sum := sha256.Sum256(bytes.TrimSuffix(text.Bytes(), []byte("\n")))
	digits := new(big.Int).SetBytes(sum[:]).Text(32)
	const length = 52
	return strings.Repeat("0", length-len(digits)) + digits
}

// ParseSize reads a size of hostRequirements: bytes, or with kb, mb, gb or tb.
func ParseSize(s string) (int64, bool) {
	s = strings.ToLower(s)
	shift := 0
	for i, unit := range []string{"kb", "mb", "gb", "tb"} {
		if number, ok := strings.CutSuffix(s, unit); ok {
			s, shift = number, 10*(i+1)
			break
		}
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 || n > (1<<62)>>shift {
		return 0, false
	}
	return n << shift, true
}
