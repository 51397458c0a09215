package apt

import "slices"

// stage is a set of packages that are unpacked together.
type stage struct {
	// configure names packages that have to work before the scripts run that
	// the packages of the stage want run before they are unpacked.
	configure []string
	units     []*unit
}

// stages decides on the order. A package without a script to run before it is
// unpacked can come first, with the minimal system, for what it needs matters
// only when all is configured at the end. The scripts of the minimal system
// itself run after it is there: before, there is nothing to run them with. All
// others come later, each after the packages that its script relies on.
func stages(units []*unit) []stage {
	o := &ordering{units: map[string]*unit{}, levels: map[string]int{}}
	for _, u := range units {
		o.units[u.Name] = u
	}
	var all []stage
	for _, u := range units {
		n := o.level(u.Name)
		for len(all) <= n {
			all = append(all, stage{})
		}
		all[n].units = append(all[n].units, u)
	}
	all = slices.DeleteFunc(all, func(s stage) bool { return len(s.units) == 0 })
	done := map[string]bool{}
	for i := 1; i < len(all); i++ {
		all[i].configure = o.needed(all[i].units, done)
	}
	return all
}

type ordering struct {
	units  map[string]*unit
	levels map[string]int
}

func (o *ordering) level(name string) int {
	if n, ok := o.levels[name]; ok {
		return n
	}
	o.levels[name] = 0 // what is needed in a circle
	u := o.units[name]
	if u == nil || u.Base || u.member("preinst") == nil {
		return 0
	}
	n := 1
	for before := range closure(u.PreDepends, o.next) {
		n = max(n, 1+o.level(before))
	}
	o.levels[name] = n
	return n
}

func (o *ordering) next(name string) []string {
	if u := o.units[name]; u != nil {
		return slices.Concat(u.PreDepends, u.Depends)
	}
	return nil
}

// needed are the packages to configure before the scripts of some others run:
// the minimal system and what they say, less those that were done before.
func (o *ordering) needed(units []*unit, done map[string]bool) []string {
	var roots []string
	for _, u := range units {
		roots = append(roots, u.PreDepends...)
	}
	for name, u := range o.units {
		if u.Base {
			roots = append(roots, name)
		}
	}
	var names []string
	for name := range closure(roots, o.next) {
		if !done[name] {
			done[name] = true
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
