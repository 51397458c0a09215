package feature

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"math/big"
	"strings"
)

// ContainerID is what ${devcontainerId} stands for: a word made of the labels that
// tell a container from others (specification, "Label-based Computation").
func ContainerID(labels map[string]string) string {
	b := &bytes.Buffer{}
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	if err := e.Encode(labels); err != nil { // texts: there is none
		return ""
	}
	sum := sha256.Sum256(bytes.TrimSpace(b.Bytes()))
	id := new(big.Int).SetBytes(sum[:]).Text(32)
	return strings.Repeat("0", 52-len(id)) + id
}
