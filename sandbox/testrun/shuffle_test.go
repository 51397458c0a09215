package testrun

import (
	"errors"
	"slices"
	"testing"
)

func factorsNamed(names ...string) (out []Factor) {
	for _, n := range names {
		out = append(out, Factor{n, "x"})
	}
	return out
}

func hasAll(some []Factor, names ...string) bool {
	for _, n := range names {
		if !slices.ContainsFunc(some, func(f Factor) bool { return f.Name == n }) {
			return false
		}
	}
	return true
}

func TestCauseIsTheFewestFactors(t *testing.T) {
	all := factorsNamed("a", "b", "c", "d", "e", "f", "g", "h", "i")
	for _, c := range []struct {
		name  string
		fails func([]Factor) bool
		want  []string
		most  int
	}{
		{"one", func(s []Factor) bool { return hasAll(s, "e") }, []string{"e"}, 8},
		{"the first", func(s []Factor) bool { return hasAll(s, "a") }, []string{"a"}, 8},
		{"the last", func(s []Factor) bool { return hasAll(s, "i") }, []string{"i"}, 8},
		{"two together", func(s []Factor) bool { return hasAll(s, "b", "h") }, []string{"b", "h"}, 40},
		{"three together", func(s []Factor) bool { return hasAll(s, "a", "e", "i") }, []string{"a", "e", "i"}, 60},
		{"one of two", func(s []Factor) bool { return hasAll(s, "c") || hasAll(s, "g") }, []string{"c"}, 8},
		{"all", func(s []Factor) bool { return len(s) == len(all) }, []string{"a", "b", "c", "d", "e", "f", "g", "h", "i"}, 60},
	} {
		runs := 0
		got, err := Cause(all, func(some []Factor) (bool, error) {
			runs++
			return c.fails(some), nil
		})
		var names []string
		for _, f := range got {
			names = append(names, f.Name)
		}
		if err != nil || !slices.Equal(names, c.want) {
			t.Errorf("%s: %v, %v; want %v", c.name, names, err, c.want)
		}
		if runs > c.most {
			t.Errorf("%s: %d runs, at most %d are needed", c.name, runs, c.most)
		}
	}
}

func TestCauseEndsWithAnError(t *testing.T) {
	broken := errors.New("no sandbox")
	_, err := Cause(factorsNamed("a", "b", "c"), func([]Factor) (bool, error) { return false, broken })
	if !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
}

func TestDrawIsTheSameForASeed(t *testing.T) {
	o := DrawOptions{CPUs: 4, Ordered: true}
	if !slices.Equal(Draw(7, 3, o), Draw(7, 3, o)) {
		t.Error("the same seed draws something else")
	}
	seen := map[Factor]bool{}
	for n := range 200 {
		for _, f := range Draw(7, n, o) {
			seen[f] = true
		}
	}
	for _, c := range allChoices(o.CPUs) {
		for _, v := range c.values {
			if !seen[Factor{c.name, v}] {
				t.Errorf("%s %s is never drawn", c.name, v)
			}
		}
	}
}

func TestDrawLeavesOutWhatCannotBeVaried(t *testing.T) {
	names := func(o DrawOptions) (out []string) {
		for _, f := range Draw(1, 1, o) {
			out = append(out, f.Name)
		}
		return out
	}
	few := names(DrawOptions{CPUs: 1})
	for _, name := range []string{FactorCPUs, FactorOrder} {
		if slices.Contains(few, name) {
			t.Errorf("%s is drawn", name)
		}
	}
	all := names(DrawOptions{CPUs: 2, Ordered: true})
	want := []string{FactorHost, FactorUser, FactorZone, FactorLocale, FactorUmask, FactorEpoch, FactorStart, FactorCPUs, FactorOrder}
	if !slices.Equal(all, want) {
		t.Errorf("drawn are %v, want %v", all, want)
	}
}
