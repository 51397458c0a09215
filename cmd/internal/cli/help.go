package cli

import (
	"embed"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rootless-sandbox/sandbox/cmd/internal/ui"
)

//go:embed help/*.txt
var topics embed.FS

// topicNames are the pages of help that belong to no verb.
func topicNames() []string { return []string{"exit-codes", "environment"} }

func newCmdHelp(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "help [VERB | TOPIC]",
		Short: "help for a verb or a topic",
		Long:  "Shows help for a verb, or for one of the topics exit-codes and environment.",
		Example: `  sandbox help exec
  sandbox help exit-codes`,
		RunE: func(c *cobra.Command, args []string) error { return a.helpFor(c.Root(), args) },
	}
}

func (a *app) helpFor(root *cobra.Command, args []string) error {
	if len(args) == 0 {
		return writeHelp(a.Out, root)
	}
	if text, err := topics.ReadFile("help/" + args[0] + ".txt"); err == nil {
		_, err = a.Out.Write(text)
		return err
	}
	c, rest, err := root.Find(args)
	if err == nil && c != root && len(rest) == 0 {
		return writeHelp(a.Out, c)
	}
	return unknownVerb(strings.Join(args, " "))
}

// help is what cobra calls for --help.
func (a *app) help(c *cobra.Command, _ []string) {
	_ = writeHelp(a.Out, c) // cobra has no way to return it
}

func writeHelp(w io.Writer, c *cobra.Command) error {
	var b strings.Builder
	if c.HasParent() {
		verbPage(&b, c)
	} else {
		frontPage(&b, c)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func frontPage(b *strings.Builder, root *cobra.Command) {
	fmt.Fprintf(b, "sandbox: %s\n\nusage: %s\n\nverbs:\n", root.Short, usageLine(root))
	writeVerbs(b, inOrder(root))
	fmt.Fprintf(b, "\nflags, before or after the verb:\n%s", root.PersistentFlags().FlagUsages())
	fmt.Fprintf(b, "\nmore: sandbox help VERB, sandbox help %s\n", strings.Join(topicNames(), ", sandbox help "))
}

func verbPage(b *strings.Builder, c *cobra.Command) {
	fmt.Fprintf(b, "usage: %s\n\n%s\n", usageLine(c), c.Long)
	if c.HasAvailableSubCommands() {
		b.WriteString("\nverbs:\n")
		writeVerbs(b, c.Commands())
	}
	if c.Example != "" {
		fmt.Fprintf(b, "\nexamples:\n%s\n", c.Example)
	}
	if own := c.LocalFlags(); own.HasAvailableFlags() {
		fmt.Fprintf(b, "\nflags:\n%s", own.FlagUsages())
	}
	if shared := c.InheritedFlags(); shared.HasAvailableFlags() {
		fmt.Fprintf(b, "\nflags of every verb:\n%s", shared.FlagUsages())
	}
}

// inOrder is the verbs as verbs lists them, not by the alphabet.
func inOrder(root *cobra.Command) []*cobra.Command {
	var all []*cobra.Command
	for _, v := range verbs() {
		if c, _, err := root.Find([]string{v.name}); err == nil && c != root {
			all = append(all, c)
		}
	}
	return all
}

func writeVerbs(b *strings.Builder, all []*cobra.Command) {
	var pairs [][2]string
	for _, c := range all {
		pairs = append(pairs, [2]string{"  " + c.Name(), c.Short})
	}
	_ = ui.Pairs(b, pairs) // a Builder takes everything
}

// usageLine is the one line that says how a verb is called.
func usageLine(c *cobra.Command) string {
	if c.HasParent() {
		return c.Parent().CommandPath() + " " + c.Use
	}
	return c.Use
}
