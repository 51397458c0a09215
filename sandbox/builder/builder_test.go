package builder

import (
	"errors"
	"path/filepath"
	"slices"
	"testing"

	"github.com/rootless-sandbox/sandbox/sandbox/builder/failure"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

// TestMakeRunsWhatIsMissing: a step whose layer is here is not run again, nor one that only has the same text.
func TestMakeRunsWhatIsMissing(t *testing.T) {
	f := newSandboxes(t)
	first, err := f.build(spec.Build{}, "FROM scratch", "RUN one", "RUN two")
	if got := f.commands(); err != nil || !slices.Equal(got, []string{"one", "two"}) || len(first.Layers) != 2 {
		t.Fatalf("%v, %v, %d layers", got, err, len(first.Layers))
	}
	if lower := f.ran[1].Root.Lower; len(lower) != 1 || !exists(filepath.Join(lower[0], "one")) || exists(filepath.Join(lower[0], "two")) {
		t.Errorf("the second command finds %q", lower)
	}
	again, err := f.build(spec.Build{}, "FROM scratch", "RUN one", "RUN two")
	if err != nil || len(f.ran) > 0 || again.Digest != first.Digest {
		t.Errorf("the same again: %v, ran %q, %s instead of %s", err, f.commands(), again.Digest, first.Digest)
	}
	for _, c := range []struct{ lines, want []string }{
		{[]string{"FROM scratch", "RUN one", "RUN three"}, []string{"three"}},
		{[]string{"FROM scratch", "RUN zero", "RUN two"}, []string{"zero", "two"}},
	} {
		if _, err := f.build(spec.Build{}, c.lines...); err != nil || !slices.Equal(f.commands(), c.want) {
			t.Errorf("%q: %v, ran %q", c.lines, err, f.commands())
		}
	}
	if _, err := f.build(spec.Build{NoCache: true}, "FROM scratch", "RUN one"); err != nil || len(f.ran) != 1 {
		t.Errorf("without the cache: %v, ran %q", err, f.commands())
	}
}

// TestStagesThatNobodyNeeds are not made.
func TestStagesThatNobodyNeeds(t *testing.T) {
	f := newSandboxes(t)
	_, err := f.build(spec.Build{}, "FROM scratch AS base", "RUN base", "FROM base AS other", "RUN other", "FROM base", "RUN last")
	if got := f.commands(); err != nil || !slices.Equal(got, []string{"base", "last"}) {
		t.Errorf("%v, ran %q", err, got)
	}
}

// TestACommandFails: the step that is to blame, and what it printed; what was made before it stays made.
func TestACommandFails(t *testing.T) {
	f := newSandboxes(t)
	_, err := f.build(spec.Build{}, "FROM scratch", "RUN one", "RUN fail", "RUN two")
	var step *failure.StepError
	if !errors.As(err, &step) || step.Line != 3 || step.Exit.Code != 3 || step.Err != nil || !slices.Equal(step.Tail, []string{"said fail"}) {
		t.Fatalf("%v, %+v", err, step)
	}
	if step.First != 1 || len(step.Source) != 4 || step.Step != "[3/4] RUN fail" {
		t.Errorf("%q from %d, %s", step.Source, step.First, step.Step)
	}
	if _, err := f.build(spec.Build{}, "FROM scratch", "RUN one", "RUN mended"); err != nil || !slices.Equal(f.commands(), []string{"mended"}) {
		t.Errorf("%v, ran %q", err, f.commands())
	}
}

// TestNetworkOfCommands: the host's is for who allows it, and asked for by each command.
func TestNetworkOfCommands(t *testing.T) {
	f := newSandboxes(t)
	lines := []string{"FROM scratch", "RUN usual", "RUN --network=none none", "RUN --network=host host"}
	_, err := f.build(spec.Build{}, lines...)
	var asks *failure.AsksError
	var step *failure.StepError
	if !errors.As(err, &asks) || !errors.As(err, &step) || step.Line != 4 || slices.Contains(f.commands(), "host") {
		t.Errorf("%v, ran %q", err, f.commands())
	}
	if want := []string{spec.NetworkPrivate, spec.NetworkNone}; !slices.Equal(f.networks, want) {
		t.Errorf("networks %q, want %q", f.networks, want)
	}
	if _, err := f.build(spec.Build{HostNetwork: true}, lines...); err != nil || !slices.Equal(f.networks, []string{spec.NetworkHost}) {
		t.Errorf("allowed: %v, networks %q", err, f.networks)
	}
}

// TestWhatACommandFinds: files that are not the image's, and a secret as a variable, which no layer has.
func TestWhatACommandFinds(t *testing.T) {
	f := newSandboxes(t)
	how := spec.Build{Secrets: []spec.Secret{{Name: "key"}}}
	_, err := f.build(how, "FROM scratch", "RUN --mount=type=secret,id=key,env=KEY --mount=type=tmpfs,target=/scratch one")
	if err != nil {
		t.Fatal(err)
	}
	c := f.ran[0]
	if !slices.Contains(c.Env, "KEY=quiet") || !slices.Contains(c.Env, "http_proxy=http://proxy") {
		t.Errorf("%q", c.Env)
	}
	var targets []string
	for _, op := range c.Ops {
		targets = append(targets, op.Target)
	}
	if !slices.Equal(targets, []string{"/etc/hosts", "/scratch"}) {
		t.Errorf("mounts on %q: an optional file whose directory is missing is not among them", targets)
	}
	_, err = f.build(spec.Build{}, "FROM scratch", "RUN --mount=type=secret,id=key,required=true one")
	var lacks *failure.MissingSecretError
	if !errors.As(err, &lacks) || lacks.ID != "key" {
		t.Errorf("a secret that was not given: %v", err)
	}
}
