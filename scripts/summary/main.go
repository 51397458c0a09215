// Command summary reads what `go test -json` prints and answers: what failed,
// and how much passed? It prints the output of failures in full, one line for
// the suite, and adds to files: the counts, and which tests ran and which did not.
//
//	go test -json ./... | summary -suite range -totals FILE -may-skip root,single
package main

import (
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"strings"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("summary: ")
	suite := flag.String("suite", "tests", "the `name` of the suite")
	totals := flag.String("totals", "", "append the counts to `FILE`")
	ran := flag.String("ran", "", "append the names of tests that passed to `FILE`")
	skipped := flag.String("skipped", "", "append the names of tests that were skipped to `FILE`")
	maySkip := flag.String("may-skip", "", "the `features` whose absence may skip a test, with commas; other skips count as failed")
	flag.Parse()

	r := newResults()
	if err := r.read(os.Stdin); err != nil {
		log.Fatal(err)
	}
	r.judgeSkips(strings.Split(*maySkip, ","))
	report(os.Stdout, *suite, r)
	for file, lines := range map[string][]string{
		*totals:  {fmt.Sprint(len(r.passed), len(r.failed))},
		*ran:     r.passed,
		*skipped: r.skipped,
	} {
		if err := note(file, lines); err != nil {
			log.Fatal(err)
		}
	}
	if len(r.failed) > 0 {
		os.Exit(1)
	}
}

const shown = 8 // of the tests that took longest

// report prints failures last, where they are looked for.
func report(w io.Writer, suite string, r *results) {
	for _, name := range r.failed {
		fmt.Fprintf(w, "\nFAILED in suite %s: %s\n%s", suite, name, r.output[name])
	}
	fmt.Fprintf(w, "suite %s: %d good, %d bad, %d skipped, %.0f s of tests\n",
		suite, len(r.passed), len(r.failed), len(r.skipped), r.seconds)
	for _, name := range r.slowest(shown) {
		fmt.Fprintf(w, "  %4.0f s  %s\n", r.took[name], name)
	}
}

// note appends lines to the file.
func note(file string, lines []string) (err error) {
	if file == "" || len(lines) == 0 {
		return nil
	}
	f, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(f, strings.Join(lines, "\n"))
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	return err
}
