package main

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"io"
	"maps"
	"slices"
	"strings"
)

// event is one line of `go test -json`, see `go doc test2json`. The events of a
// build carry ImportPath instead of Package.
type event struct {
	Action      string
	Package     string
	ImportPath  string
	Test        string
	Elapsed     float64
	Output      string
	FailedBuild string
}

// name is "package.Test", or the package alone.
func (e event) name() string {
	if e.Test == "" {
		return e.Package + e.ImportPath
	}
	return e.Package + "." + e.Test
}

type results struct {
	passed  []string // these three in the order of their end
	failed  []string
	skipped []string
	output  map[string]string
	running map[string]bool // tests that began and did not end
	seconds float64
	took    map[string]float64 // seconds, of each test
}

func newResults() *results {
	return &results{output: map[string]string{}, running: map[string]bool{}, took: map[string]float64{}}
}

// read takes in a whole stream. A line that is no JSON comes from the go
// command itself: it is passed on as a failure of that name.
func (r *results) read(in io.Reader) error {
	lines := bufio.NewReader(in)
	for {
		line, err := lines.ReadBytes('\n')
		if len(bytes.TrimSpace(line)) > 0 {
			r.line(line)
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (r *results) line(line []byte) {
	var e event
	if json.Unmarshal(line, &e) != nil || e.Action == "" {
		r.fail("go test")
		r.output["go test"] += string(line)
		return
	}
	r.add(e)
}

func (r *results) add(e event) {
	name := e.name()
	switch e.Action {
	case "run":
		r.running[name] = true
	case "output", "build-output":
		r.output[name] += e.Output
	case "build-fail":
		r.fail(name)
	case "pass", "fail", "skip":
		delete(r.running, name)
		if e.Test != "" {
			r.took[name] = e.Elapsed
		}
		r.end(e, name)
	}
}

// end counts a test. A package counts only when it failed and none of its
// tests did: it did not build, it hung, or its process died.
func (r *results) end(e event, name string) {
	switch {
	case e.Test == "":
		r.seconds += e.Elapsed
		if e.Action == "fail" && e.FailedBuild == "" {
			r.packageFailed(e.Package, name)
		}
	case e.Action == "pass":
		r.passed = append(r.passed, name)
	case e.Action == "fail":
		r.fail(name)
	case e.Action == "skip":
		r.skipped = append(r.skipped, name)
	}
}

func (r *results) packageFailed(pkg, name string) {
	for test := range r.running {
		if strings.HasPrefix(test, pkg+".") {
			r.fail(test)
			r.output[test] += "it did not end\n"
			delete(r.running, test)
		}
	}
	if !slices.ContainsFunc(r.failed, func(f string) bool { return strings.HasPrefix(f, pkg+".") }) {
		r.fail(name)
	}
}

func (r *results) fail(name string) {
	if !slices.Contains(r.failed, name) {
		r.failed = append(r.failed, name)
	}
}

// slowest are the names of the tests that took longest. A test that is nothing but its parts is not among them.
func (r *results) slowest(n int) []string {
	names := slices.SortedFunc(maps.Keys(r.took), func(a, b string) int { return cmp.Compare(r.took[b], r.took[a]) })
	names = slices.DeleteFunc(names, func(name string) bool {
		return slices.ContainsFunc(names, func(part string) bool { return strings.HasPrefix(part, name+"/") })
	})
	return names[:min(n, len(names))]
}

// judgeSkips turns skipped tests into failed ones, unless one of the features
// is the reason: usernstest.Require says "no FEATURE: why".
func (r *results) judgeSkips(features []string) {
	var allowed []string
	for _, name := range r.skipped {
		if r.lacks(name, features) {
			allowed = append(allowed, name)
			continue
		}
		r.fail(name)
		r.output[name] += "skipped, where it must not be\n"
	}
	r.skipped = allowed
}

func (r *results) lacks(name string, features []string) bool {
	return slices.ContainsFunc(features, func(f string) bool {
		return f != "" && strings.Contains(r.output[name], ": no "+f+": ")
	})
}
