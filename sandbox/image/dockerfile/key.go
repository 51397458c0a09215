package dockerfile

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
)

// keyVersion changes when steps come to mean something else.
const keyVersion = 3

// Key names what a step makes: that of what it is done on top of, what is done,
// and the digests of the files that go into it, in order.
func (s Step) Key(parent string, inputs []string) string {
	b, err := json.Marshal(struct {
		Version int      `json:"version"`
		Parent  string   `json:"parent"`
		Run     *Run     `json:"run,omitempty"`
		Copy    *Copy    `json:"copy,omitempty"`
		Dir     string   `json:"dir,omitempty"`
		Owner   string   `json:"owner,omitempty"`
		Inputs  []string `json:"inputs,omitempty"`
	}{keyVersion, parent, s.Run, s.Copy, s.Dir, s.DirOwner, inputs})
	if err != nil {
		panic(fmt.Sprintf("a step that has no JSON: %v", err)) // plain data always has
	}
	sum := sha256.Sum256(b)
	return "sha256:" + hex.EncodeToString(sum[:])
}
