package cli

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/rootless-sandbox/sandbox/cmd/internal/ui"
)

// printAppArmor prints a profile that gives this very program, and what it
// starts, the right to use user namespaces. It confines nothing: the kernel
// restricts only programs that no profile names.
func (a *app) printAppArmor() error {
	exe, err := a.world.executable()
	if err != nil {
		return fmt.Errorf("path of this program: %w", err)
	}
	exe, err = filepath.EvalSymlinks(exe) // profiles attach to the real path
	if err != nil {
		return fmt.Errorf("path of this program: %w", err)
	}
	if strings.ContainsAny(exe, "\"\n") || ui.Clean(exe) != exe {
		return fmt.Errorf("path of this program %q: cannot stand in a profile", exe)
	}
	_, err = fmt.Fprint(a.Out, appArmorProfile(exe))
	return err
}

func appArmorProfile(exe string) string {
	return `# Allows ` + exe + ` to use user namespaces.
# To be installed as /etc/apparmor.d/sandbox; then:
#   sudo apparmor_parser -r /etc/apparmor.d/sandbox
abi <abi/4.0>,
include <tunables/global>

profile sandbox "` + escapeGlob(exe) + `" flags=(unconfined) {
  userns,

  include if exists <local/sandbox>
}
`
}

// escapeGlob takes their meaning from the characters that are patterns in
// apparmor.d(5).
func escapeGlob(path string) string {
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`, "]", `\]`,
		"{", `\{`, "}", `\}`, "^", `\^`, "@", `\@`).Replace(path)
}
