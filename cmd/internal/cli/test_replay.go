package cli

import (
	"errors"
	"fmt"
	"os"
	"path"
	"strings"

	"github.com/rootless-sandbox/sandbox/cmd/internal/ui"
	"github.com/rootless-sandbox/sandbox/config"
	"github.com/rootless-sandbox/sandbox/sandbox"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
	"github.com/rootless-sandbox/sandbox/sandbox/testrun"
)

func readRecord(name string) (*testrun.Record, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("read record: %w", err)
	}
	defer func() { _ = f.Close() }()
	rec, err := testrun.ReadRecord(f)
	if err != nil {
		return nil, fmt.Errorf("read record %s: %w", name, err)
	}
	return &rec, nil
}

// planReplay makes the cases of a record. A record may be anybody's: it decides what runs inside and what
// is around it, and nothing of what a sandbox is given of this machine.
func (t *tester) planReplay(l *config.Loaded, env []string, plan func(string) (spec.Spec, error)) error {
	var cells []cell
	if !l.Config.Test.Matrix.IsZero() {
		var err error
		if cells, err = matrixCells(l.Config.Test.Matrix, l.Config.Image); err != nil {
			return err
		}
	}
	for i := range t.replayed.Cases {
		was := &t.replayed.Cases[i]
		e := was.Environment
		if e.Network == spec.NetworkHost {
			return &testrun.RecordError{Why: "a record of the host's network"}
		}
		image := ""
		for _, one := range cells {
			if one.label() == was.Matrix {
				image = one.image // of the project's own matrix
			}
		}
		s, err := plan(image)
		if err != nil {
			return err
		}
		c := testCase{name: was.Name, label: was.Matrix, words: e.Command.Args, timeout: was.Timeout, base: s, was: was}
		if one, ok := l.Config.Test.Runs[was.Name]; ok {
			c.test.Artifacts, c.options.Services = one.Artifacts, one.Services
		}
		c.options.Network, c.options.Hostname, c.options.UserName = e.Network, e.Hostname, e.User
		c.options.Env = append(append([]string{}, e.Env...), env...)
		c.spec = sandbox.PristineSpec(s, c.options)
		if rel, ok := strings.CutPrefix(path.Clean(e.Command.Dir), path.Clean(e.Target)+"/"); ok {
			c.test.Workdir = rel
		}
		t.cases = append(t.cases, c)
	}
	return nil
}

// compare says what is different from the record.
func (t *tester) compare(results []testResult) (different bool, err error) {
	var b strings.Builder
	rec := t.replayed
	fmt.Fprintf(&b, "compared with the record %s of %s\n", ui.Clean(rec.ID), rec.Time.Local().Format("2006-01-02 15:04"))
	switch {
	case rec.Tree.Digest == "" || t.tree.Digest == "":
	case rec.Tree.Digest == t.tree.Digest:
		fmt.Fprintf(&b, "  files     the same (%d)\n", t.tree.Files)
	default:
		fmt.Fprintf(&b, "  files     different: %s, now %s\n", ui.Clean(short12(rec.Tree.Digest)), short12(t.tree.Digest))
	}
	if is := t.machine(results); rec.Host != is {
		fmt.Fprintf(&b, "  machine   %s, now %s\n", ui.Clean(rec.Host.String()), is)
	}
	for _, r := range results {
		fmt.Fprintf(&b, "  %s\n", ui.Clean(r.title()))
		for _, line := range testrun.Compare(r.was.Environment, r.around) {
			fmt.Fprintf(&b, "    around  %s\n", ui.Clean(line))
		}
		if r.Verdict == r.was.Verdict {
			fmt.Fprintf(&b, "    result  the same: %s\n", r.Verdict)
		} else {
			different = true
			fmt.Fprintf(&b, "    result  different: %s, now %s\n", ui.Clean(string(r.was.Verdict)), r.Verdict)
		}
		if len(r.was.Runs) > 0 && len(r.Runs) > 0 {
			word := "different"
			if r.was.Runs[0].OutputDigest == r.Runs[0].Output.Digest() {
				word = "the same"
			}
			fmt.Fprintf(&b, "    output  %s\n", word)
		}
	}
	if t.flags.json {
		return different, nil
	}
	_, err = t.Out.Write([]byte(b.String()))
	return different, errors.Join(err)
}
