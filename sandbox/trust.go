package sandbox

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"

	"github.com/rootless-sandbox/sandbox/config"
	"github.com/rootless-sandbox/sandbox/sandbox/store"
)

// Trust is what a project asks of the host beside what its user has agreed to.
type Trust struct {
	Project string
	Asks    []config.HostRequest // now, in the order of the files
	Given   time.Time            // when the user agreed last; zero: never
	Trusted bool                 // to exactly what is asked now
	New     []string             // asked now, not agreed to; empty where nobody ever agreed to anything
	Gone    []string             // agreed to, asked no more
	Problem error                // why what was agreed to is not known; nil where it is, or where there is nothing
}

// Trust compares what a configuration asks with what its user has agreed to. It
// is bound to the project's path and to the exact words of the requests, however
// they stand in the files; where these cannot be read, nothing was agreed to.
func (e *Engine) Trust(l *config.Loaded) (Trust, error) {
	asks := l.HostRequests()
	t := Trust{Project: l.Project.Dir, Asks: asks}
	given, err := e.store.ReadTrust(t.Project)
	if err == nil && given.Digest != trustDigest(given.Project, given.Asks) {
		err = &store.CorruptError{Path: "the trust of " + t.Project, Err: errors.New("its digest is another")}
	}
	var other *store.VersionError
	var damaged *store.CorruptError
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return t, nil
	case errors.As(err, &other) || errors.As(err, &damaged):
		t.Problem = err
		return t, nil
	case err != nil:
		return Trust{}, err
	}
	now := wordsOf(asks)
	t.Given, t.Trusted = given.Given, given.Digest == trustDigest(t.Project, now)
	t.New, t.Gone = notIn(now, given.Asks), notIn(given.Asks, now)
	return t, nil
}

// Accept records that the user agreed to t, as it was shown.
func (e *Engine) Accept(t Trust) error {
	asks := wordsOf(t.Asks)
	return e.store.WriteTrust(store.Trust{
		Project: t.Project, Given: time.Now(), Digest: trustDigest(t.Project, asks), Asks: asks,
	})
}

// Revoke forgets what the user agreed to for a project; it reports whether there
// was anything. What runs already keeps what it has.
func (e *Engine) Revoke(project string) (bool, error) { return e.store.RemoveTrust(project) }

// Trusts is everything that this user has agreed to, by project.
func (e *Engine) Trusts() ([]store.Trust, error) { return e.store.Trusts() }

// Words are the requests as Request.Trusted takes them.
func (t Trust) Words() []string { return wordsOf(t.Asks) }

// wordsOf is the canonical form of requests: where they stand in the files, and in
// which order, says nothing of what happens on the host.
func wordsOf(asks []config.HostRequest) []string {
	words := make([]string, 0, len(asks))
	for _, a := range asks {
		words = append(words, a.What)
	}
	slices.Sort(words)
	return slices.Compact(words)
}

func trustDigest(project string, words []string) string {
	b, err := json.Marshal(append([]string{"sandbox trust 1", project}, words...))
	if err != nil {
		panic(fmt.Sprint("strings as JSON: ", err))
	}
	sum := sha256.Sum256(b)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// notIn gives what of a is not in b.
func notIn(a, b []string) []string {
	var out []string
	for _, s := range a {
		if !slices.Contains(b, s) {
			out = append(out, s)
		}
	}
	return out
}

// checkTrust refuses what the user has not agreed to.
func checkTrust(l *config.Loaded, r Request) error {
	if r.Trust {
		return nil
	}
	asks := l.HostRequests()
	if len(notIn(wordsOf(asks), r.Trusted)) > 0 {
		return &UntrustedError{Trust{Project: l.Project.Dir, Asks: asks}}
	}
	return nil
}
