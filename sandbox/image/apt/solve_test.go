package apt

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pault.ag/go/debian/version"
)

// archiveOf makes an index of "name version; Field: value; ..." lines.
func archiveOf(t testing.TB, lines ...string) *index {
	t.Helper()
	var text strings.Builder
	for _, l := range append(lines, "base 1; Essential: yes", "apt 1") {
		parts := strings.Split(l, "; ")
		name, v, _ := strings.Cut(parts[0], " ")
		fmt.Fprintf(&text, "Package: %s\nVersion: %s\nArchitecture: all\n", name, v)
		for _, f := range parts[1:] {
			text.WriteString(f + "\n")
		}
		fmt.Fprintf(&text, "Filename: pool/%s.deb\nSize: 1\nSHA256: %s\n\n", name, hexSum([]byte(l)))
	}
	ix, err := newIndex([]byte(text.String()))
	if err != nil {
		t.Fatal(err)
	}
	return ix
}

func TestSolve(t *testing.T) {
	for name, c := range map[string]struct {
		lines []string
		asked string
		want  string // beside apt and base
	}{
		"nothing more":              {[]string{"a 1"}, "", ""},
		"required":                  {[]string{"a 1; Priority: required", "b 1; Priority: important"}, "", "a"},
		"depends, of all kinds":     {[]string{"a 1; Depends: b, c:any; Recommends: e; Suggests: f", "b 1; Pre-Depends: d", "c 1", "d 1", "e 1", "f 1"}, "a", "a b c d"},
		"circle":                    {[]string{"a 1; Depends: b", "b 1; Depends: a"}, "a", "a b"},
		"first alternative":         {[]string{"a 1; Depends: b | c", "b 1", "c 1"}, "a", "a b"},
		"first that is there":       {[]string{"a 1; Depends: x | c", "c 1"}, "a", "a c"},
		"first with the version":    {[]string{"a 1; Depends: b (>= 2) | c (<< 2)", "b 1", "c 1"}, "a", "a c"},
		"one that is wanted anyway": {[]string{"a 1; Depends: b | c", "b 1", "c 1"}, "a c", "a c"},
		"newest of several":         {[]string{"a 1", "a 1.10", "a 1.9; Depends: x"}, "a", "a"},
		"an older one if need be":   {[]string{"a 1; Depends: b (<< 2)", "b 3", "b 1"}, "a", "a b"},
		"exact version":             {[]string{"a 1:2-1; Depends: b", "a 3", "b 1"}, "a=1:2-1", "a b"},
		"provided":                  {[]string{"a 1; Depends: mta", "m 1; Provides: mta"}, "a", "a m"},
		"provided with a version":   {[]string{"a 1; Depends: v (>= 2)", "b 1; Provides: v", "c 1; Provides: v (= 1)", "d 1; Provides: v (= 2)"}, "a", "a d"},
		"real before provided":      {[]string{"a 1; Depends: v", "b 1; Provides: v", "v 1"}, "a", "a v"},
		"important before optional": {[]string{"a 1; Depends: v", "b 1; Provides: v; Priority: optional", "c 1; Provides: v; Priority: important"}, "a", "a c"},
		"asked for by what it is":   {[]string{"m 1; Provides: mta"}, "mta", "m"},
		"not what conflicts":        {[]string{"a 1; Depends: b | c", "b 1; Conflicts: d", "c 1", "d 1"}, "a d", "a c d"},
		"not what is broken":        {[]string{"a 1; Depends: b | c", "b 1", "c 1", "d 1; Breaks: b (<< 2)"}, "a d", "a c d"},
		"breaks an older one":       {[]string{"a 1; Depends: b", "b 2; Breaks: d (<< 2)", "d 2"}, "a d", "a b d"},
		"conflicts with its own":    {[]string{"a 1; Provides: mta; Conflicts: mta"}, "a", "a"},
		"asked for twice":           {[]string{"a 1"}, "a a", "a"},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := solve(archiveOf(t, c.lines...), "s", strings.Fields(c.asked))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, k := range s.packages() {
				if k.Name != "apt" && k.Name != "base" {
					got = append(got, k.Name)
				}
			}
			if strings.Join(got, " ") != c.want {
				t.Errorf("got %v, want %s", got, c.want)
			}
		})
	}
}

func TestSolveRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		lines []string
		asked string
		says  string
	}{
		"missing":                {nil, "nothing-like-it", "suite s has no package nothing-like-it"},
		"mistyped":               {[]string{"postgresql 1", "postgresql-17 1"}, "postgresq", "(nearest: postgresql"},
		"several provide it":     {[]string{"m 1; Provides: mta", "n 1; Provides: mta"}, "mta", "mta (provided by: m, n)"},
		"depends on nothing":     {[]string{"a 1; Depends: b (>= 2) | c", "b 1"}, "a", "package a depends on b (>= 2) | c, which nothing satisfies"},
		"only in conflict":       {[]string{"a 1; Depends: b", "b 1; Conflicts: c", "c 1"}, "a c", "(b would, but conflicts with the rest)"},
		"conflict of two asked":  {[]string{"a 1; Conflicts: b", "b 1"}, "a b", "package a cannot be installed with b"},
		"conflict with provided": {[]string{"a 1; Conflicts: v", "b 1; Provides: v"}, "a b", "package a cannot be installed with b"},
		"base is broken":         {[]string{"a 1; Breaks: base"}, "a", "package a cannot be installed with base"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := solve(archiveOf(t, c.lines...), "s", strings.Fields(c.asked))
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v, want %q", err, c.says)
			}
		})
	}
}

func TestMarks(t *testing.T) {
	ix := archiveOf(t, "asked 1; Depends: dep", "dep 1", "edep 1", "e 1; Essential: yes; Depends: edep")
	s, err := solve(ix, "s", []string{"asked"})
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range s.packages() {
		if auto := k.Name == "dep"; k.Auto != auto {
			t.Errorf("%s: automatic %t", k.Name, k.Auto)
		}
		if base := !slices.Contains([]string{"dep", "asked"}, k.Name); k.Base != base {
			t.Errorf("%s: of the base %t", k.Name, k.Base)
		}
	}
}

// TestVersions: the order that dpkg --compare-versions has.
func TestVersions(t *testing.T) {
	order := []string{"0~~", "0~", "0", "0.1~rc1-1", "0.1-0+deb1", "0.1-1", "0.1-1+b1", "0.1-1.1", "0.1a", "0.1+x", "0.2", "0.10", "1.0~beta", "1.0", "1.0+git", "1:0", "1:0.1", "2:0~"}
	for i := range order {
		for j := range order {
			a, aerr := version.Parse(order[i])
			b, berr := version.Parse(order[j])
			if aerr != nil || berr != nil {
				t.Fatal(aerr, berr)
			}
			if got := version.Compare(a, b); got < 0 != (i < j) || got > 0 != (i > j) {
				t.Errorf("%s and %s: %d", order[i], order[j], got)
			}
		}
	}
}

func TestBadIndex(t *testing.T) {
	good := "Package: apt\nVersion: 1\nFilename: pool/a.deb\nSize: 1\nSHA256: " + strings.Repeat("a", 64) + "\n"
	for name, c := range map[string][2]string{
		"no name":           {"Package: apt\n", ""},
		"name is a path":    {"Package: apt", "Package: ../apt"},
		"no version":        {"Version: 1\n", ""},
		"size":              {"Size: 1", "Size: -1"},
		"sum":               {"SHA256: a", "SHA256: x"},
		"file outside":      {"pool/a.deb", "../../a.deb"},
		"file from root":    {"pool/a.deb", "/etc/passwd"},
		"relation":          {"Size: 1", "Size: 1\nDepends: a (>= 1"},
		"provides":          {"Size: 1", "Size: 1\nProvides: a (= 1"},
		"version in letter": {"Version: 1", "Version: abc:1"},
	} {
		t.Run(name, func(t *testing.T) {
			text := strings.Replace(good, c[0], c[1], 1)
			ix, err := newIndex([]byte(text))
			if err == nil {
				_, err = solve(ix, "s", nil)
			}
			var bad *ParseError
			if !errors.As(err, &bad) {
				t.Errorf("got %v", err)
			}
		})
	}
}
