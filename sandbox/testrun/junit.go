package testrun

import (
	"encoding/xml"
	"fmt"
	"io"
	"time"
)

// The shape that CI systems read: testsuites, a testsuite for each case, a testcase for each run. It
// is valid by the schemas of both Ant and Jenkins: what one of them requires is there, and what one of them does not know is not.
type xmlSuites struct {
	XMLName xml.Name   `xml:"testsuites"`
	Suites  []xmlSuite `xml:"testsuite"`
}

type xmlSuite struct {
	ID         int           `xml:"id,attr"`
	Name       string        `xml:"name,attr"`
	Package    string        `xml:"package,attr"`
	Tests      int           `xml:"tests,attr"`
	Failures   int           `xml:"failures,attr"`
	Errors     int           `xml:"errors,attr"`
	Skipped    int           `xml:"skipped,attr"`
	Time       string        `xml:"time,attr"`
	Timestamp  string        `xml:"timestamp,attr"`
	Hostname   string        `xml:"hostname,attr"`
	Properties xmlProperties `xml:"properties"`
	Cases      []xmlCase     `xml:"testcase"`
	Out        string        `xml:"system-out"`
	Err        string        `xml:"system-err"`
}

type xmlProperties struct {
	List []xmlProperty `xml:"property"`
}

type xmlProperty struct {
	Name  string `xml:"name,attr"`
	Value string `xml:"value,attr"`
}

type xmlCase struct {
	Name    string      `xml:"name,attr"`
	Class   string      `xml:"classname,attr"`
	Time    string      `xml:"time,attr"`
	Failure *xmlProblem `xml:"failure,omitempty"`
	Error   *xmlProblem `xml:"error,omitempty"`
	Skipped *xmlSkipped `xml:"skipped,omitempty"`
}

type xmlProblem struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr"`
	Text    string `xml:",chardata"`
}

type xmlSkipped struct {
	Message string `xml:"message,attr"`
}

// junitOutput is how much of an output stands in a report, and junitPassed how much of all that passed.
const (
	junitOutput = 64 << 10
	junitPassed = 256 << 10
)

// WriteJUnit writes results as JUnit XML. runs has the runs of each case with what they printed; how says
// in words how one ended. Characters that XML cannot have are replaced.
func WriteJUnit(w io.Writer, rec Record, runs [][]Run, how func(Run) string) error {
	var all xmlSuites
	for i, c := range rec.Cases {
		all.Suites = append(all.Suites, newSuite(i, c, rec, runs[i], how))
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	e := xml.NewEncoder(w)
	e.Indent("", "  ")
	if err := e.Encode(all); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func newSuite(id int, c Result, rec Record, runs []Run, how func(Run) string) xmlSuite {
	s := xmlSuite{
		ID: id, Name: c.Name, Package: "sandbox", Hostname: c.Environment.Hostname,
		Timestamp: rec.Time.UTC().Format("2006-01-02T15:04:05"),
	}
	if s.Hostname == "" {
		s.Hostname = "sandbox"
	}
	if c.Matrix != "" {
		s.Name += " [" + c.Matrix + "]"
	}
	for _, p := range []xmlProperty{
		{"environment", c.Digest}, {"inputs", c.Inputs}, {"verdict", string(c.Verdict)}, {"record", rec.ID},
	} {
		if p.Value != "" {
			s.Properties.List = append(s.Properties.List, p)
		}
	}
	var took time.Duration
	for _, r := range runs {
		took += r.Elapsed
		s.add(r, how(r), len(runs) > 1)
	}
	if c.Verdict == Reused {
		s.Tests++
		s.Cases = append(s.Cases, xmlCase{Name: s.Name, Class: "sandbox", Time: seconds(0)})
	}
	s.Time = seconds(took)
	return s
}

func (s *xmlSuite) add(r Run, how string, several bool) {
	c := xmlCase{Name: s.Name, Class: "sandbox", Time: seconds(r.Elapsed)}
	if several {
		c.Name += fmt.Sprintf(" run %d", r.N)
	}
	s.Tests++
	text := r.Output.Bytes()
	text = text[max(0, len(text)-junitOutput):]
	problem := &xmlProblem{Message: how, Type: string(r.Status), Text: string(text)}
	switch {
	case r.Status == Broken:
		s.Errors++
		c.Error = problem
	case r.Status.Bad():
		s.Failures++
		c.Failure = problem
	case r.Status == Ended:
		s.Skipped++
		c.Skipped = &xmlSkipped{"stopped"}
	case len(text) > 0 && len(s.Out)+len(text) <= junitPassed:
		if several {
			s.Out += "--- " + c.Name + "\n"
		}
		s.Out += string(text)
	}
	s.Cases = append(s.Cases, c)
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.3f", d.Seconds()) }
