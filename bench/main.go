// Command bench answers how fast this program is beside its peers, on this
// machine, in one run. Figures move with the machine: each is measured in
// turn with its peer, and what counts is the ratio.
//
// Run it as an unprivileged user: go run ./bench. As root: make bench.
package main

import (
	"flag"
	"fmt"
	"log"
	"os"
	"strings"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("bench: ")
	rounds := flag.Int("n", 30, "measure each command `N` times")
	program := flag.String("sandbox", "bin/sandbox", "the `program` to measure")
	only := flag.String("only", "", "only benchmarks whose name contains `TEXT`")
	single := flag.Bool("single", false, "expect a user without an id range")
	suite := flag.String("suite", "trixie", "measure images from packages of this `SUITE`; empty: none")
	image := flag.String("image", "", "measure pulling this `REFERENCE`, see image.sh")
	keep := flag.Bool("keep", false, "keep the working directory")
	flag.Parse()

	b, err := newBench(*program, *rounds)
	if err != nil {
		log.Fatal(err)
	}
	b.single, b.suite, b.image = *single, *suite, *image
	err = b.all(*only)
	if !*keep {
		b.clean()
	}
	if err != nil {
		log.Fatal(err)
	}
	b.table(os.Stdout)
	if b.missed() {
		os.Exit(1)
	}
}

// topic is one group of measurements.
type topic struct {
	name string
	run  func(*bench) error
}

func topics() []topic {
	return []topic{
		{"run-host", runHost},
		{"run-rootfs", runRootfs},
		{"exec", execTrue},
		{"up", upWarm},
		{"config", configuration},
		{"idle", idleMemory},
		{"hundred", hundred},
		{"build", builds},
		{"watch", watching},
		{"database", database},
		{"testruns", testRuns},
		{"gotest", goTest},
		{"network", network},
		{"ports", ports},
		{"throughput", throughput},
		{"pipe", pipe},
		{"pull", pullImage},
		{"unpack-memory", extractMemory},
		{"apt", aptImage},
		{"warm-apt", aptWarm},
	}
}

func (b *bench) all(only string) error {
	for _, t := range topics() {
		if !strings.Contains(t.name, only) {
			continue
		}
		fmt.Fprintf(os.Stderr, "measuring %s\n", t.name)
		if err := t.run(b); err != nil {
			return fmt.Errorf("%s: %w", t.name, err)
		}
	}
	return nil
}
