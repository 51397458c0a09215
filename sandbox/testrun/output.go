package testrun

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
)

// What is kept of an output: its beginning, and more of its end, where the reason stands.
const (
	keptHead = 256 << 10
	keptTail = 768 << 10
)

// Output is what a command printed, both streams in the order in which they came. It is a Writer.
type Output struct {
	head, tail []byte
	left       int64 // bytes between the two that are not kept
	forgotten  bool
	sum        hash.Hash
}

// Write keeps what fits. It never fails.
func (o *Output) Write(b []byte) (int, error) {
	if o.sum == nil {
		o.sum = sha256.New()
	}
	_, _ = o.sum.Write(b)
	n := len(b)
	if room := keptHead - len(o.head); room > 0 {
		take := min(room, len(b))
		o.head, b = append(o.head, b[:take]...), b[take:]
	}
	o.tail = append(o.tail, b...)
	if over := len(o.tail) - keptTail; over > keptTail { // move now and then, not each time
		o.left += int64(over)
		o.tail = append(o.tail[:0], o.tail[over:]...)
	}
	return n, nil
}

// Bytes is what was kept, with a line where something was left out.
func (o *Output) Bytes() []byte {
	tail, left := o.tail, o.left
	if over := len(tail) - keptTail; over > 0 {
		left, tail = left+int64(over), tail[over:]
	}
	if o.forgotten {
		return []byte("[this output was not kept]\n")
	}
	if left == 0 {
		return append(bytes.Clone(o.head), tail...)
	}
	return fmt.Appendf(bytes.Clone(o.head), "\n[%d bytes are left out]\n%s", left, tail)
}

// Digest names all of the output.
func (o *Output) Digest() string {
	if o.sum == nil {
		o.sum = sha256.New()
	}
	return "sha256:" + hex.EncodeToString(o.sum.Sum(nil))
}

// Forget drops what was kept, but for the digest: of thousands of runs that print the same one says it all.
func (o *Output) Forget() {
	if !o.Empty() {
		o.head, o.tail, o.forgotten = nil, nil, true
	}
}

// Empty reports whether nothing was printed.
func (o *Output) Empty() bool { return len(o.head) == 0 && !o.forgotten }

var _ io.Writer = (*Output)(nil)
