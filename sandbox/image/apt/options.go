package apt

import (
	"net/http"
	"runtime"
	"time"
)

// Options say which archive, and what of it.
type Options struct {
	Suite string // a suite or a codename: stable, trixie
	// Packages are wanted beside the minimal system: names, or name=version.
	Packages []string
	// Mirror is the archive's address, the part before "dists/". Empty: that of
	// the host's own apt sources.
	Mirror     string
	Components []string // empty: main
	// Snapshot is a timestamp that is appended to Mirror, as archives of
	// snapshots have it, or a whole address that replaces it. The release of a
	// snapshot may be out of date.
	Snapshot string
	// Keyring is a file of OpenPGP keys, binary or armoured. Empty: the one that
	// the host's sources name, else the host's archive keyrings.
	Keyring string
	Arch    string // Debian's name; empty: that of this program
	Cache   string // directory of the cache, made if missing; empty: no index is kept

	HostRoot string           // where the host's files are looked for; empty: "/"
	Client   *http.Client     // nil: one with the proxies of the environment
	Now      func() time.Time // nil: time.Now
}

func (o Options) withDefaults() Options {
	if len(o.Components) == 0 {
		o.Components = []string{"main"}
	}
	if o.Arch == "" {
		o.Arch = hostArch()
	}
	if o.HostRoot == "" {
		o.HostRoot = "/"
	}
	if o.Client == nil {
		o.Client = newClient()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

// hostArch is Debian's name of what this program was built for.
func hostArch() string {
	switch a := runtime.GOARCH; a {
	case "386":
		return "i386"
	case "arm":
		return "armhf"
	case "ppc64le":
		return "ppc64el"
	case "mips64le":
		return "mips64el"
	case "mipsle":
		return "mipsel"
	default:
		return a
	}
}
