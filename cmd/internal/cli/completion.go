package cli

import "github.com/spf13/cobra"

func newCmdCompletion(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "completion bash|zsh|fish|powershell",
		Short: "a completion script for a shell",
		Long:  "Prints a script that completes verbs and flags in a shell.",
		Example: `  sandbox completion bash > ~/.local/share/bash-completion/completions/sandbox
  sandbox completion zsh > ~/.zfunc/_sandbox
  sandbox completion fish > ~/.config/fish/completions/sandbox.fish`,
		ValidArgs: []string{"bash", "zsh", "fish", "powershell"},
		Args:      atMost(1),
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return &usageError{cmd: c, msg: "which shell?", paste: "sandbox completion bash"}
			}
			return a.completion(c, args[0])
		},
	}
}

func (a *app) completion(c *cobra.Command, shell string) error {
	switch shell {
	case "bash":
		return c.Root().GenBashCompletionV2(a.Out, true)
	case "zsh":
		return c.Root().GenZshCompletion(a.Out)
	case "fish":
		return c.Root().GenFishCompletion(a.Out, true)
	case "powershell":
		return c.Root().GenPowerShellCompletionWithDesc(a.Out)
	}
	return &usageError{cmd: c, msg: shell + ": none of bash, zsh, fish, powershell", paste: "sandbox completion bash"}
}
