package testrun

import (
	"encoding/xml"
	"fmt"
	"io"
	"time"
)

// The shape that CI systems read: testsuites, a testsuite for each case, a testcase for each run.
type xmlSuites struct {
	XMLName  xml.Name   `xml:"testsuites"`
	Name     string     `xml:"name,attr"`
	Tests    int        `xml:"tests,attr"`
	Failures int        `xml:"failures,attr"`
	Errors   int        `xml:"errors,attr"`
	Time     string     `xml:"time,attr"`
	Suites   []xmlSuite `xml:"testsuite"`
}

type xmlSuite struct {
	Name       string        `xml:"name,attr"`
	Tests      int           `xml:"tests,attr"`
	Failures   int           `xml:"failures,attr"`
	Errors     int           `xml:"errors,attr"`
	Skipped    int           `xml:"skipped,attr"`
	Time       string        `xml:"time,attr"`
	Timestamp  string        `xml:"timestamp,attr"`
	Properties []xmlProperty `xml:"properties>property,omitempty"`
	Cases      []xmlCase     `xml:"testcase"`
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
	Skipped *xmlProblem `xml:"skipped,omitempty"`
	Out     string      `xml:"system-out,omitempty"`
}

type xmlProblem struct {
	Message string `xml:"message,attr,omitempty"`
	Type    string `xml:"type,attr,omitempty"`
	Text    string `xml:",chardata"`
}

// WriteJUnit writes results as JUnit XML. runs has the runs of each case with what they printed; how says
// in words how one ended. Characters that XML cannot have are replaced.
func WriteJUnit(w io.Writer, rec Record, runs [][]Run, how func(Run) string) error {
	all := xmlSuites{Name: "sandbox test"}
	var total time.Duration
	for i, c := range rec.Cases {
		s := xmlSuite{Name: c.Name, Timestamp: rec.Time.UTC().Format("2006-01-02T15:04:05"), Properties: []xmlProperty{
			{"environment", c.Digest}, {"inputs", c.Inputs}, {"verdict", string(c.Verdict)}, {"record", rec.ID},
		}}
		if c.Matrix != "" {
			s.Name += " [" + c.Matrix + "]"
		}
		var took time.Duration
		for _, r := range runs[i] {
			took += r.Elapsed
			s.add(r, how(r), len(runs[i]) > 1)
		}
		if c.Verdict == Reused {
			s.Tests++
			s.Cases = append(s.Cases, xmlCase{Name: s.Name, Class: "sandbox", Time: seconds(0)})
		}
		s.Time = seconds(took)
		total += took
		all.Tests, all.Failures, all.Errors = all.Tests+s.Tests, all.Failures+s.Failures, all.Errors+s.Errors
		all.Suites = append(all.Suites, s)
	}
	all.Time = seconds(total)
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

func (s *xmlSuite) add(r Run, how string, several bool) {
	c := xmlCase{Name: s.Name, Class: "sandbox", Time: seconds(r.Elapsed)}
	if several {
		c.Name += fmt.Sprintf(" run %d", r.N)
	}
	s.Tests++
	problem := &xmlProblem{Message: how, Type: string(r.Status), Text: string(r.Output.Bytes())}
	switch {
	case r.Status == Broken:
		s.Errors++
		c.Error = problem
	case r.Status.Bad():
		s.Failures++
		c.Failure = problem
	case r.Status == Ended:
		s.Skipped++
		c.Skipped = &xmlProblem{Message: "stopped"}
	default:
		c.Out = string(r.Output.Bytes())
	}
	s.Cases = append(s.Cases, c)
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.3f", d.Seconds()) }
