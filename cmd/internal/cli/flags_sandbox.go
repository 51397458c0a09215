package cli

import (
	"path/filepath"

	"github.com/spf13/pflag"

	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

// sandboxFlags override the configuration for one invocation. What they ask of
// the host is the user's own word and needs no trust.
type sandboxFlags struct {
	image   string
	network string
	as      string
	trust   bool
}

func (o *sandboxFlags) add(f *pflag.FlagSet) {
	f.SortFlags = false
	f.StringVar(&o.image, "image", "", "use this `IMAGE`: host, golang:1.26, apt:trixie, rootfs:DIR, rootfs:FILE.tar ...")
	f.StringVar(&o.network, "network", "", "use this network: `private|filtered|none|host`")
	f.StringVar(&o.as, "as", "", "which id inside is you outside: `keep|root|NAME`")
	f.BoolVar(&o.trust, "trust", false, "accept what the project's files ask of this host")
}

// overrides are the configuration's keys that the flags set.
func (o *sandboxFlags) overrides() map[string]string {
	set := map[string]string{}
	for key, value := range map[string]string{"image": o.image, "network.mode": o.network, "user": o.as} {
		if value != "" {
			set[key] = value
		}
	}
	return set
}

// mounts reads the values of --mount; a relative source starts at cwd.
func mounts(words []string, cwd string) ([]spec.Mount, error) {
	var all []spec.Mount
	for _, word := range words {
		m, err := parseMount(word)
		if err != nil {
			return nil, err
		}
		if m.Type == "bind" && !filepath.IsAbs(m.Source) {
			m.Source = filepath.Join(cwd, m.Source)
		}
		all = append(all, m)
	}
	return all, nil
}
