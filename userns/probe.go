package userns

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"strings"
	"syscall"

	"github.com/rootless-sandbox/sandbox/userns/internal/sys"
)

// Fact is one thing that was tried on this host.
type Fact struct {
	Name     string `json:"name"`
	OK       bool   `json:"ok"`
	Required bool   `json:"required"`         // without it there is no sandbox
	Detail   string `json:"detail,omitempty"` // what was found
	Err      string `json:"error,omitempty"`
	Needs    string `json:"needs,omitempty"` // one of the Needs constants
}

// Prober is what Probe needs of its caller.
type Prober struct {
	Role    string          // argv[0] under which our binary calls Enter
	Payload json.RawMessage // tells the role to end after Enter
	Staging string          // an empty directory
	Caller  Caller          // with the ranges that were found, if any
	NoRange error           // why none was
}

// Probe tries each facility for real, in the order in which a start needs
// them; what comes after a step that failed is not tried.
func (p Prober) Probe(ctx context.Context) []Fact {
	facts := []Fact{kernelFact()}
	one := Caller{UID: p.Caller.UID, GID: p.Caller.GID}
	launch := Launch{IDs: one.Map(0, 0), Payload: p.Payload, Staging: p.Staging, Probe: true}
	inside, err := p.try(ctx, launch)
	facts = append(facts, fact("user namespace", true, NeedsUserNamespaces, "", err))
	facts = append(facts, inside...)
	facts = append(facts, p.idFacts(ctx, p.Caller)...)
	return append(facts, fuseFact())
}

// try starts a child that tries things and reports.
func (p Prober) try(ctx context.Context, l Launch) ([]Fact, error) {
	proc, err := Start(p.Role, l, Stdio{})
	if err != nil {
		return nil, err
	}
	defer context.AfterFunc(ctx, proc.Kill)()
	_, err = proc.Wait()
	return proc.Facts, err
}

// idFacts tries a map of more than one id.
func (p Prober) idFacts(ctx context.Context, c Caller) []Fact {
	ok := len(c.SubUIDs) > 0
	facts := []Fact{fact("subordinate ids", false, NeedsSubIDs, describe(c.SubUIDs), when(!ok, p.NoRange))}
	err := MayMapRange()
	switch {
	case c.UID != 0:
		facts = append(facts, fact("newuidmap, newgidmap", false, NeedsIDHelpers, "", err))
	case err != nil:
		facts = append(facts, fact("rights of root", false, NeedsNewPrivs, "", err))
	}
	ok = ok && err == nil
	if ok {
		_, err := p.try(ctx, Launch{IDs: c.Map(c.UID, c.GID), Payload: p.Payload, Staging: p.Staging, Probe: true})
		facts = append(facts, fact("range of ids", false, NeedsSubIDs, "", err))
	}
	return facts
}

func kernelFact() Fact {
	release, _ := os.ReadFile("/proc/sys/kernel/osrelease")
	var err error
	if !sys.HasSetAttr() {
		err = syscall.ENOSYS
	}
	return fact("kernel", true, NeedsKernel, strings.TrimSpace(string(release)), err)
}

func fuseFact() Fact {
	path, err := exec.LookPath("fuse-overlayfs")
	if err == nil {
		var f *os.File
		if f, err = os.OpenFile("/dev/fuse", os.O_RDWR, 0); err == nil {
			_ = f.Close()
		}
	}
	return fact("fuse-overlayfs", false, NeedsFuse, path, err)
}

func fact(name string, required bool, needs, detail string, err error) Fact {
	f := Fact{Name: name, OK: err == nil, Required: required, Detail: detail}
	if err != nil {
		f.Err, f.Needs = err.Error(), needs
		var e *Error
		if errors.As(err, &e) && e.Needs != "" {
			f.Needs = e.Needs
		}
	}
	return f
}

func when(cond bool, err error) error {
	if cond {
		return err
	}
	return nil
}

func describe(ranges []Range) string {
	var parts []string
	for _, r := range ranges {
		parts = append(parts, strings.ReplaceAll(format([]Extent{{0, r.Start, r.Size}})[2:], "\n", ""))
	}
	return strings.Join(parts, ", ")
}
