package watch

import "time"

// Times that nobody sets.
const (
	// DefaultDebounce is how long a tree is quiet before what changed many files is taken for done.
	DefaultDebounce = 100 * time.Millisecond
	// lead is how long a change that comes out of the quiet waits for more: editors
	// need some steps to save one file.
	lead = 10 * time.Millisecond
	// burst is how long such steps take at most; what lasts longer is no single save.
	burst = 3 * lead
	// most is the longest that changes are held back while more keep coming.
	most = 5 * time.Second
)

// timing says when what has come together is to be handed over. A change after a
// time of quiet is handed over at once (the leading edge); those that follow, and
// all of a storm, when it is quiet again (the trailing edge).
type timing struct {
	quiet  time.Duration
	first  time.Time // of the changes that wait; zero when none does
	last   time.Time // the latest change, handed over or not
	sudden bool      // nothing had changed for a while before first
	held   time.Time // not to be handed over before
}

// note takes a change.
func (t *timing) note(now time.Time) {
	if t.first.IsZero() {
		t.first = now
		t.sudden = now.Sub(t.last) > t.quiet
	}
	t.last = now
}

// due is the time to hand over, if something waits.
func (t *timing) due() (time.Time, bool) {
	if t.first.IsZero() {
		return time.Time{}, false
	}
	wait := t.quiet
	if t.sudden && t.last.Sub(t.first) <= burst {
		wait = min(lead, t.quiet)
	}
	at := t.last.Add(wait)
	if latest := t.first.Add(most); at.After(latest) {
		at = latest
	}
	if at.Before(t.held) {
		at = t.held
	}
	return at, true
}

// hold puts handing over off.
func (t *timing) hold(until time.Time) { t.held = until }

// taken is said when what waited was handed over.
func (t *timing) taken() { t.first, t.held = time.Time{}, time.Time{} }
