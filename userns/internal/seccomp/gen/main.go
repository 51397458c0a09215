// Command gen answers: which instructions are Docker's default profile? It resolves
// the profile for each architecture, compiles it to classic BPF and writes
// program_<GOARCH>.go into the working directory. Run it by go generate.
//
//	profile.go   the rules of the profile that apply          -> verdict per call name
//	extra.go     what this project refuses on top
//	emulation.go the calls that answer success without acting -> verdict per call name
//	abi.go       names to numbers of one system call interface
//	segment.go   verdict per number                           -> sorted ranges of numbers
//	compile.go   ranges                                       -> instructions
//	source.go    instructions                                 -> Go source
package main

import (
	"fmt"
	"os"
)

func main() {
	for _, m := range machines() {
		if err := write(m); err != nil {
			fmt.Fprintln(os.Stderr, "gen:", err)
			os.Exit(1)
		}
	}
}

func write(m machine) error {
	src, err := generate(m)
	if err != nil {
		return fmt.Errorf("generate for %s: %w", m.goarch, err)
	}
	return os.WriteFile(m.file(), src, 0o644)
}

// generate gives the Go source of all programs for one machine.
func generate(m machine) ([]byte, error) {
	docker, err := dockerProgram(m)
	if err != nil {
		return nil, err
	}
	emulation, err := emulationProgram(m, false)
	if err != nil {
		return nil, err
	}
	fake, err := emulationProgram(m, true)
	if err != nil {
		return nil, err
	}
	return source(docker, emulation, fake)
}

func dockerProgram(m machine) (compiled, error) {
	rules, err := profile(m.goarch)
	if err != nil {
		return compiled{}, err
	}
	var parts []part
	for _, a := range m.abis {
		verdicts, err := rules.verdicts(a)
		if err != nil {
			return compiled{}, err
		}
		parts = append(parts, part{a.audit, segments(numbered(a, verdicts), unnamed(a, verdicts))})
	}
	return compile(parts, retKillProcess)
}

func emulationProgram(m machine, fakeIDs bool) (compiled, error) {
	var parts []part
	for _, a := range m.abis {
		all := []segment{{0, verdict{ret: retAllow}}}
		parts = append(parts, part{a.audit, segments(numbered(a, emulated(fakeIDs)), all)})
	}
	return compile(parts, retAllow)
}
