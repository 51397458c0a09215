package apt

import (
	"cmp"
	"slices"
	"strings"

	"pault.ag/go/debian/dependency"
)

// solver chooses packages. It never takes a choice back: an archive's suite is
// kept such that the first alternative that fits is a right one.
type solver struct {
	ix       *index
	suite    string
	chosen   map[string]*entry
	provided map[string][]*entry // by a name that a chosen one provides
	refused  map[string][]refusal
	todo     []*entry
}

// refusal is a Conflicts or Breaks of a chosen package, by the name in it.
type refusal struct {
	by *entry
	p  dependency.Possibility
}

// solution is a set of packages that is complete and has no conflict.
type solution struct {
	chosen map[string]*entry
	roots  roots
	s      *solver
}

// roots are the names that the rest was chosen for.
type roots struct{ essential, required, asked []string }

// solve chooses the minimal system, as debootstrap's variant minbase has it,
// and the packages asked for.
func solve(ix *index, suite string, asked []string) (*solution, error) {
	s := &solver{
		ix: ix, suite: suite,
		chosen: map[string]*entry{}, provided: map[string][]*entry{}, refused: map[string][]refusal{},
	}
	r := roots{essential: sorted(ix.essential), required: sorted(append(slices.Clone(ix.required), "apt"))}
	// All roots come before any dependency, so that they answer to as many
	// alternatives as they can. The asked ones come first: they decide.
	var err error
	if r.asked, err = s.chooseAsked(asked); err != nil {
		return nil, err
	}
	for _, name := range slices.Concat(r.essential, r.required) {
		if err := s.chooseRoot(name); err != nil {
			return nil, err
		}
	}
	for len(s.todo) > 0 {
		e := s.todo[0]
		s.todo = s.todo[1:]
		for _, rel := range slices.Concat(e.preDepend, e.depends) {
			if err := s.satisfy(e, rel); err != nil {
				return nil, err
			}
		}
	}
	return &solution{chosen: s.chosen, roots: r, s: s}, s.conflict()
}

func sorted(names []string) []string {
	return slices.Compact(slices.Sorted(slices.Values(names)))
}

// chooseAsked chooses what the user named, and says all at once what is missing.
func (s *solver) chooseAsked(asked []string) ([]string, error) {
	var names []string
	missing := &MissingError{Suite: s.suite}
	for _, a := range sorted(asked) {
		name, want, exact := strings.Cut(a, "=")
		e, err := s.find(name, want, exact)
		if err != nil {
			return nil, err
		}
		if e == nil {
			missing.Names = append(missing.Names, MissingName{a, nearest(s.ix, name), s.ix.providers(name)})
			continue
		}
		names = append(names, e.name)
		s.choose(e)
	}
	if len(missing.Names) > 0 {
		return nil, missing
	}
	return sorted(names), nil
}

// find is the package that a user's word means: one of that name, or the only
// one that provides it.
func (s *solver) find(name, want string, exact bool) (*entry, error) {
	all, err := s.ix.versions(name)
	if err != nil {
		return nil, err
	}
	if providers := s.ix.providers; len(all) == 0 && !exact {
		if p := providers(name); len(p) == 1 {
			return s.find(p[0], "", false)
		}
	}
	for _, e := range all {
		if !exact || e.version.String() == want {
			return e, nil
		}
	}
	return nil, nil
}

func (s *solver) chooseRoot(name string) error {
	if s.chosen[name] != nil {
		return nil
	}
	all, err := s.ix.versions(name)
	if err != nil {
		return err
	}
	if len(all) == 0 {
		return &MissingError{s.suite, []MissingName{{Name: name}}}
	}
	s.choose(all[0])
	return nil
}

func (s *solver) choose(e *entry) {
	if s.chosen[e.name] != nil {
		return
	}
	s.chosen[e.name] = e
	s.todo = append(s.todo, e)
	for _, p := range e.provides {
		s.provided[p.Name] = append(s.provided[p.Name], e)
	}
	for _, r := range e.conflicts {
		for _, p := range r.Possibilities {
			s.refused[p.Name] = append(s.refused[p.Name], refusal{e, p})
		}
	}
}

// satisfy chooses the first alternative of a relation that fits, unless what is
// chosen already satisfies it.
func (s *solver) satisfy(e *entry, rel dependency.Relation) error {
	if len(rel.Possibilities) == 0 || s.answer(rel) != nil {
		return nil
	}
	failed := &UnsatisfiedError{Package: e.name, Relation: rel.String()}
	for _, p := range rel.Possibilities {
		all, err := s.candidates(p)
		if err != nil {
			return err
		}
		for _, c := range all {
			if s.conflictOf(c) == nil {
				s.choose(c)
				return nil
			}
			failed.Conflict = append(failed.Conflict, c.name)
		}
	}
	return failed
}

// answer is the chosen package that satisfies a relation.
func (s *solver) answer(rel dependency.Relation) *entry {
	for _, p := range rel.Possibilities {
		if e := s.chosen[p.Name]; e != nil && e.satisfies(p) {
			return e
		}
		for _, e := range s.provided[p.Name] {
			if e.standsFor(p) {
				return e
			}
		}
	}
	return nil
}

// candidates are the packages that answer to p, the best first: those of that
// name, then those that provide it, the more important ones before the others.
func (s *solver) candidates(p dependency.Possibility) ([]*entry, error) {
	all, err := s.ix.versions(p.Name)
	if err != nil {
		return nil, err
	}
	var fit []*entry
	for _, e := range all {
		if e.satisfies(p) && s.chosen[e.name] == nil {
			fit = append(fit, e)
		}
	}
	if len(fit) > 0 {
		return fit, nil
	}
	for _, name := range s.ix.providers(p.Name) {
		versions, err := s.ix.versions(name)
		if err != nil {
			return nil, err
		}
		if s.chosen[name] == nil && len(versions) > 0 && versions[0].standsFor(p) {
			fit = append(fit, versions[0])
		}
	}
	slices.SortStableFunc(fit, func(a, b *entry) int {
		if c := cmp.Compare(rank(a.priority), rank(b.priority)); c != 0 {
			return c
		}
		return strings.Compare(a.name, b.name)
	})
	return fit, nil
}

func rank(priority string) int {
	order := []string{"required", "important", "standard", "optional", "extra"}
	if i := slices.Index(order, priority); i >= 0 {
		return i
	}
	return len(order)
}
