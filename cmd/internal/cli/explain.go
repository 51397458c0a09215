package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rootless-sandbox/sandbox/cmd/internal/ui"
)

func newCmdExplain(a *app) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "explain [flags] [CODE]",
		Short: "what an error code means, and what to do",
		Long:  "Explains the code of an error at length. Without a code it lists all of them.",
		Example: `  sandbox explain SBX0103
  sandbox explain`,
		Args: atMost(1),
		RunE: func(_ *cobra.Command, args []string) error { return a.explain(args, asJSON) },
	}
	c.Flags().BoolVar(&asJSON, "json", false, "as JSON")
	return c
}

// jsonExplanation is what explain --json prints. Its names are a contract.
type jsonExplanation struct {
	code
	Text string `json:"text"`
}

func (a *app) explain(args []string, asJSON bool) error {
	if len(args) == 0 {
		return a.listCodes(asJSON)
	}
	c, known := lookUpCode(args[0])
	if !known {
		return &usageError{msg: fmt.Sprintf("%q is not an error code", args[0]), paste: "sandbox explain"}
	}
	if asJSON {
		return ui.JSON(a.Out, jsonExplanation{c, explanation(c.ID)})
	}
	_, err := fmt.Fprintf(a.Out, "%s: %s\n\n%s", c.ID, c.Title, explanation(c.ID))
	return err
}

func (a *app) listCodes(asJSON bool) error {
	if asJSON {
		return ui.JSON(a.Out, codes())
	}
	var pairs [][2]string
	for _, c := range codes() {
		pairs = append(pairs, [2]string{c.ID, c.Title})
	}
	return ui.Pairs(a.Out, pairs)
}

// lookUpCode forgives case, a missing SBX and missing zeros.
func lookUpCode(word string) (code, bool) {
	number := strings.TrimPrefix(strings.ToUpper(word), "SBX")
	word = "SBX" + strings.Repeat("0", max(0, 4-len(number))) + number
	for _, c := range codes() {
		if c.ID == word {
			return c, true
		}
	}
	return code{}, false
}
