package testrun

import (
	"math/rand/v2"
	"slices"
	"strconv"
)

// Factor is one thing that a test should not depend on, with a value that is not the usual one.
type Factor struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Names of factors.
const (
	FactorHost   = "host name"
	FactorUser   = "user name"
	FactorZone   = "time zone"
	FactorLocale = "locale"
	FactorUmask  = "umask"
	FactorEpoch  = "SOURCE_DATE_EPOCH"
	FactorStart  = "time of start"
	FactorCPUs   = "number of processors"
	FactorOrder  = "order of directory entries"
)

func (f Factor) String() string {
	switch f.Name {
	case FactorOrder:
		return f.Name
	case FactorStart:
		return f.Name + ", " + f.Value + " after a full second"
	}
	return f.Name + " " + f.Value
}

// Shuffled says what was varied, and what came of it.
type Shuffled struct {
	Seed    uint64   `json:"seed"`
	Runs    int      `json:"runs"`
	Factors []Factor `json:"factors,omitempty"` // of the run that failed
	Cause   []Factor `json:"cause,omitempty"`   // the fewest of them with which it fails
	Fixed   []string `json:"fixed,omitempty"`   // what could not be varied, and why
}

// choices are the values of a factor.
type choices struct {
	name   string
	values []string
}

// allChoices are few and far from the usual: zones a day apart and off the hour, locales with another
// order of letters, decimal comma and dotless i, the users and hosts whose names break patterns, and a
// start that has a second end while the test runs.
func allChoices(cpus int) []choices {
	all := []choices{
		{FactorHost, []string{"h", "build-7.example.org", "a-host-with-a-rather-long-name-0123456789"}},
		{FactorUser, []string{"u", "someone.else", "user-with-a-long-name"}},
		{FactorZone, []string{"Pacific/Kiritimati", "Etc/GMT+12", "Asia/Kathmandu", "America/New_York"}},
		{FactorLocale, []string{"C", "de_DE.UTF-8", "tr_TR.UTF-8"}},
		{FactorUmask, []string{"0077", "0002"}},
		{FactorEpoch, []string{"1", "1893456000", "4102444800"}},
		{FactorStart, []string{"900ms", "500ms"}},
	}
	if cpus > 1 {
		all = append(all, choices{FactorCPUs, []string{"1"}})
	}
	return all
}

// DrawOptions say what can be varied here.
type DrawOptions struct {
	CPUs    int  // how many processors there are
	Ordered bool // the order of directory entries
}

// Draw chooses a value for every factor; the same ones for the same seed and number.
func Draw(seed uint64, n int, o DrawOptions) []Factor {
	r := rand.New(rand.NewPCG(seed, uint64(n)))
	var out []Factor
	for _, c := range allChoices(o.CPUs) {
		out = append(out, Factor{c.name, c.values[r.IntN(len(c.values))]})
	}
	if o.Ordered {
		out = append(out, Factor{FactorOrder, strconv.FormatUint(r.Uint64()>>16, 10)})
	}
	return out
}

// Cause finds the fewest factors with which a test fails, given that it fails with all of them and passes
// without any: delta debugging (Zeller and Hildebrandt, "Simplifying and Isolating
// Failure-Inducing Input", 2002). One that is alone is found in about two runs for each halving.
func Cause(factors []Factor, fails func([]Factor) (bool, error)) ([]Factor, error) {
	parts := 2
	for len(factors) > 1 {
		found := false
		for i := range parts {
			from, to := len(factors)*i/parts, len(factors)*(i+1)/parts
			some := factors[from:to]
			rest := slices.Concat(factors[:from], factors[to:])
			bad, err := fails(some)
			if err != nil {
				return nil, err
			}
			if bad {
				factors, parts, found = some, 2, true
				break
			}
			if parts == 2 {
				continue // the rest is the other half
			}
			if bad, err = fails(rest); err != nil {
				return nil, err
			}
			if bad {
				factors, parts, found = rest, max(2, parts-1), true
				break
			}
		}
		if found {
			continue
		}
		if parts >= len(factors) {
			break
		}
		parts = min(len(factors), parts*2)
	}
	return factors, nil
}
