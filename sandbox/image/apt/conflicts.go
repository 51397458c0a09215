package apt

import (
	"maps"
	"slices"

	"pault.ag/go/debian/dependency"
)

// conflictOf says what of the chosen ones forbids c, or is forbidden by it.
func (s *solver) conflictOf(c *entry) *ConflictError {
	names := []string{c.name}
	for _, p := range c.provides {
		names = append(names, p.Name)
	}
	for _, name := range names {
		for _, r := range s.refused[name] {
			if r.by != c && c.answers(r.p) {
				return &ConflictError{r.by.name, c.name, r.p.String()}
			}
		}
	}
	for _, rel := range c.conflicts {
		for _, p := range rel.Possibilities {
			if other := s.other(c, p); other != nil {
				return &ConflictError{c.name, other.name, p.String()}
			}
		}
	}
	return nil
}

// other is a chosen package that answers to p and is not e. A package may
// conflict with a name that it provides: it means the others that do.
func (s *solver) other(e *entry, p dependency.Possibility) *entry {
	if o := s.chosen[p.Name]; o != nil && o != e && o.satisfies(p) {
		return o
	}
	for _, o := range s.provided[p.Name] {
		if o != e && o.standsFor(p) {
			return o
		}
	}
	return nil
}

// conflict looks through the whole choice: roots were chosen without a look at it.
func (s *solver) conflict() error {
	for _, name := range slices.Sorted(maps.Keys(s.chosen)) {
		if c := s.conflictOf(s.chosen[name]); c != nil {
			return c
		}
	}
	return nil
}
