package testrun

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
)

func TestOutputKeepsBothEnds(t *testing.T) {
	var o Output
	if !o.Empty() {
		t.Error("nothing was printed, and it is not empty")
	}
	sum := sha256.New()
	total := 0
	for i := range 300_000 { // about 4 MB, in pieces that end anywhere
		n, err := fmt.Fprintf(&o, "line %d\n", i)
		_, _ = fmt.Fprintf(sum, "line %d\n", i)
		if err != nil {
			t.Fatal(err)
		}
		total += n
	}
	text := o.Bytes()
	if len(text) > keptHead+keptTail+100 {
		t.Errorf("%d bytes are kept", len(text))
	}
	if !bytes.HasPrefix(text, []byte("line 0\nline 1\n")) || !bytes.HasSuffix(text, []byte("line 299998\nline 299999\n")) {
		t.Error("the ends are not those of the output")
	}
	said := fmt.Sprintf("\n[%d bytes are left out]\n", total-keptHead-keptTail)
	if strings.Count(string(text), said) != 1 {
		t.Errorf("it does not say %q", said)
	}
	if want := "sha256:" + hex.EncodeToString(sum.Sum(nil)); o.Digest() != want {
		t.Error("the digest is not that of all that was printed")
	}
}

func TestOutputThatFitsIsWhole(t *testing.T) {
	want := strings.Repeat("0123456789abcdef", (keptHead+keptTail)/16)
	var o Output
	for from := 0; from < len(want); from += 50_000 {
		_, _ = o.Write([]byte(want[from:min(len(want), from+50_000)]))
	}
	if got := string(o.Bytes()); got != want {
		t.Errorf("%d bytes of %d came back, or others", len(got), len(want))
	}
}

func TestOutputDigestOfNothing(t *testing.T) {
	var none, empty Output
	_, _ = empty.Write(nil)
	if none.Digest() != empty.Digest() {
		t.Error("printing nothing is something else than not printing")
	}
}

func TestOutputThatIsForgottenHasItsDigest(t *testing.T) {
	o, same := printed("text"), printed("text")
	o.Forget()
	if o.Digest() != same.Digest() || o.Empty() || strings.Contains(string(o.Bytes()), "text") {
		t.Errorf("forgotten, and it says %q", o.Bytes())
	}
	var none Output
	none.Forget()
	if !none.Empty() || len(none.Bytes()) != 0 {
		t.Errorf("of nothing it says %q", none.Bytes())
	}
}
