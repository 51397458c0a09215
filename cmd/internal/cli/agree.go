package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/rootless-sandbox/sandbox/cmd/internal/ui"
)

// mayAsk: somebody reads the question and can answer it.
func (a *app) mayAsk() bool {
	return !a.story.JSON && ui.IsTerminal(a.In) && ui.IsTerminal(a.Err)
}

// agree asks a question and waits for the answer; an end of the input is a no.
func (a *app) agree(question string) bool {
	yes := false
	a.story.Errors(func(w io.Writer) {
		_, _ = fmt.Fprint(w, question+" [y/N] ")
		yes, _ = readYes(a.In)
	})
	return yes
}

// readYes reads one line, a byte at a time: what comes after it is the command's.
func readYes(f *os.File) (bool, error) {
	var line []byte
	one := make([]byte, 1)
	for len(line) < 16 {
		n, err := f.Read(one)
		if errors.Is(err, io.EOF) || n == 1 && one[0] == '\n' {
			break
		}
		if err != nil {
			return false, err
		}
		line = append(line, one[:n]...)
	}
	switch strings.ToLower(strings.TrimSpace(string(line))) {
	case "y", "yes":
		return true, nil
	}
	return false, nil
}
