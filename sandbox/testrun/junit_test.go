package testrun

import (
	"bytes"
	"encoding/xml"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// What the schemas of Ant (JUnit.xsd) and Jenkins (junit-10.xsd) both take: of each element the attributes, all
// of which are required here, and the children, in this order.
var junitShape = map[string]struct{ attrs, children []string }{
	"testsuites": {nil, []string{"testsuite"}},
	"testsuite": {
		[]string{"id", "name", "package", "tests", "failures", "errors", "skipped", "time", "timestamp", "hostname"},
		[]string{"properties", "testcase", "system-out", "system-err"},
	},
	"properties": {nil, []string{"property"}},
	"property":   {[]string{"name", "value"}, nil},
	"testcase":   {[]string{"name", "classname", "time"}, []string{"failure", "error", "skipped"}},
	"failure":    {[]string{"message", "type"}, nil},
	"error":      {[]string{"message", "type"}, nil},
	"skipped":    {[]string{"message"}, nil},
	"system-out": {},
	"system-err": {},
}

var junitValues = map[string]*regexp.Regexp{
	"timestamp": regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$`),
	"time":      regexp.MustCompile(`^\d+\.\d{3}$`),
	"hostname":  regexp.MustCompile(`.`),
}

// checkJUnit reads a report as strictly as both do, and answers how often each element is there.
func checkJUnit(t *testing.T, text []byte) map[string]int {
	t.Helper()
	count := map[string]int{}
	type level struct {
		name string
		last int // place of the latest child in the order
	}
	var path []level
	d := xml.NewDecoder(bytes.NewReader(text))
	for {
		token, err := d.Token()
		if err == io.EOF {
			return count
		}
		if err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
		switch e := token.(type) {
		case xml.StartElement:
			name := e.Name.Local
			count[name]++
			shape, ok := junitShape[name]
			if !ok {
				t.Errorf("an element <%s>", name)
			}
			var attrs []string
			for _, a := range e.Attr {
				attrs = append(attrs, a.Name.Local)
				if want := junitValues[a.Name.Local]; want != nil && !want.MatchString(a.Value) {
					t.Errorf("%s=%q", a.Name.Local, a.Value)
				}
			}
			if !slices.Equal(attrs, shape.attrs) {
				t.Errorf("<%s> has %v, want %v", name, attrs, shape.attrs)
			}
			if n := len(path); n > 0 {
				at := slices.Index(junitShape[path[n-1].name].children, name)
				if at < path[n-1].last {
					t.Errorf("<%s> in <%s> has no place there", name, path[n-1].name)
				}
				path[n-1].last = at
			}
			path = append(path, level{name: name})
		case xml.EndElement:
			path = path[:len(path)-1]
		}
	}
}

func printed(text string) (o Output) {
	_, _ = o.Write([]byte(text))
	return o
}

func TestJUnitIsWhatItsReadersTake(t *testing.T) {
	rec := Record{ID: "r", Time: time.Date(2026, 1, 2, 3, 4, 5, 6, time.FixedZone("x", 3600)), Cases: []Result{
		{Name: "a", Matrix: "GO=1", Digest: "sha256:1", Verdict: Flaky},
		{Name: "b\x1b<&\"", Verdict: Reused},
		{Name: "c", Verdict: AllPassed, Environment: Environment{Hostname: "h"}},
	}}
	runs := [][]Run{
		{
			{N: 1, Status: Passed, Elapsed: 1500 * time.Millisecond, Output: printed("fine\n")},
			{N: 2, Status: Failed, Output: printed("oops ]]> <x> \x00\x1b[31m\xff\xfe")},
			{N: 3, Status: Broken}, {N: 4, Status: Ended}, {N: 5, Status: TimedOut},
		},
		nil,
		{{N: 1, Status: Passed}},
	}
	var out bytes.Buffer
	if err := WriteJUnit(&out, rec, runs, func(r Run) string { return "how <" + strconv.Itoa(r.N) + ">" }); err != nil {
		t.Fatal(err)
	}
	count := checkJUnit(t, out.Bytes())
	for name, want := range map[string]int{"testsuite": 3, "testcase": 7, "failure": 2, "error": 1, "skipped": 1} {
		if count[name] != want {
			t.Errorf("%d of <%s>, want %d", count[name], name, want)
		}
	}
	for _, want := range []string{
		`<testsuite id="0" name="a [GO=1]" package="sandbox" tests="5" failures="2" errors="1" skipped="1" time="1.500" timestamp="2026-01-02T02:04:05" hostname="sandbox">`,
		`hostname="h"`, `<property name="verdict" value="cached">`, `message="how &lt;2&gt;"`,
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %s in\n%s", want, out.String())
		}
	}
}

func TestJUnitHasBounds(t *testing.T) {
	var runs []Run
	for i := range 100 {
		runs = append(runs, Run{N: i + 1, Status: Passed, Output: printed(strings.Repeat("x", 50_000))})
	}
	runs = append(runs, Run{N: 101, Status: Failed, Output: printed(strings.Repeat("y", 1_000_000) + "the end")})
	var out bytes.Buffer
	if err := WriteJUnit(&out, Record{Cases: []Result{{Name: "a"}}}, [][]Run{runs}, func(Run) string { return "" }); err != nil {
		t.Fatal(err)
	}
	checkJUnit(t, out.Bytes())
	if out.Len() > junitPassed+junitOutput+100_000 {
		t.Errorf("%d bytes", out.Len())
	}
	if !strings.Contains(out.String(), "yyythe end</failure>") {
		t.Error("the end of the output is not there, where the reason stands")
	}
}

// FuzzJUnit: whatever a test prints and is called, the report can be read.
func FuzzJUnit(f *testing.F) {
	f.Add("name", "out\xff\x00]]>", "how \x1b")
	f.Fuzz(func(t *testing.T, name, out, how string) {
		var b bytes.Buffer
		rec := Record{Cases: []Result{{Name: name, Matrix: how}}}
		runs := [][]Run{{{N: 1, Status: Failed, Output: printed(out)}, {N: 2, Status: Passed, Output: printed(out)}}}
		if err := WriteJUnit(&b, rec, runs, func(Run) string { return how }); err != nil {
			t.Fatal(err)
		}
		checkJUnit(t, b.Bytes())
	})
}
