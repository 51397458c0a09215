package main

import (
	"fmt"
	"os/exec"
	"slices"
	"time"
)

// command is something to run and to measure.
type command struct {
	name string
	args []string
	dir  string
	env  []string // nil: ours
}

func (c command) cmd() *exec.Cmd {
	cmd := exec.Command(c.args[0], c.args[1:]...)
	cmd.Dir, cmd.Env = c.dir, c.env
	return cmd
}

// figures are the times of one command.
type figures []time.Duration

func (f figures) median() time.Duration {
	sorted := slices.Sorted(slices.Values(f))
	n := len(sorted)
	if n%2 == 1 {
		return sorted[n/2]
	}
	return (sorted[n/2-1] + sorted[n/2]) / 2
}

// interleave runs the commands in turn, A B C A B C, so that whatever else the
// machine does meets all of them alike. One round before is not counted. Each
// time is that of the whole process, from fork to wait.
func interleave(rounds int, commands ...command) ([]figures, error) {
	all := make([]figures, len(commands))
	for round := range rounds + 1 {
		for i, c := range commands {
			took, err := once(c)
			if err != nil {
				return nil, err
			}
			if round > 0 {
				all[i] = append(all[i], took)
			}
		}
	}
	return all, nil
}

func once(c command) (time.Duration, error) {
	cmd := c.cmd()
	start := time.Now()
	err := cmd.Run()
	took := time.Since(start)
	if err != nil {
		out, _ := c.cmd().CombinedOutput() // again, for its words
		return 0, fmt.Errorf("%s: %q: %w\n%s", c.name, c.args, err, out)
	}
	return took, nil
}
