package cli

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/rootless-sandbox/sandbox/cmd/internal/ui"
)

// Version is stamped by the linker: -ldflags "-X <this package>.Version=1.2.3".
// Without it the build's own record is asked.
var Version string

// buildVersion is what version --json prints. Its names are a contract.
type buildVersion struct {
	Version  string `json:"version"`
	Commit   string `json:"commit,omitempty"`
	Modified bool   `json:"modified,omitempty"`
	Go       string `json:"go"`
	OS       string `json:"os"`
	Arch     string `json:"arch"`
}

func newCmdVersion(a *app) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "version [flags]",
		Short: "the version of this program",
		Long:  "Prints the version, and what it was built from and for.",
		Example: `  sandbox version
  sandbox version --json | jq -r .version`,
		Args: noArgs,
		RunE: func(*cobra.Command, []string) error { return a.version(asJSON) },
	}
	c.Flags().BoolVar(&asJSON, "json", false, "as JSON")
	return c
}

func (a *app) version(asJSON bool) error {
	info, _ := debug.ReadBuildInfo()
	v := versionOf(Version, info)
	if asJSON {
		return ui.JSON(a.Out, v)
	}
	_, err := fmt.Fprintf(a.Out, "sandbox %s (%s, %s/%s)\n", v.Version, v.Go, v.OS, v.Arch)
	return err
}

// versionOf prefers the stamp to the record; info may be nil.
func versionOf(stamp string, info *debug.BuildInfo) buildVersion {
	v := buildVersion{Version: stamp, Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH}
	if info == nil {
		info = &debug.BuildInfo{}
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			v.Commit = s.Value
		case "vcs.modified":
			v.Modified = s.Value == "true"
		}
	}
	if v.Version == "" {
		v.Version = info.Main.Version
	}
	if v.Version == "" || v.Version == "(devel)" {
		v.Version = "devel"
	}
	return v
}
