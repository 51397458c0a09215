package sandbox

import (
	"errors"
	"io/fs"

	"github.com/rootless-sandbox/sandbox/sandbox/internal/netdriver"
	"github.com/rootless-sandbox/sandbox/userns"
)

// What a network fact needs, beside the Needs constants of package userns.
const (
	NeedsTunModule   = "tun module"  // /dev/net/tun is not there
	NeedsTunAccess   = "tun access"  // it is closed to the user
	NeedsPasta       = "pasta"       // the program
	NeedsSlirp4netns = "slirp4netns" // the program
)

// networkFacts are what a private network can be made with; none of it is
// required, because any one driver will do.
func networkFacts() []userns.Fact {
	tun := userns.Fact{Name: "/dev/net/tun", OK: true}
	if err := netdriver.TunUsable(); err != nil {
		tun.OK, tun.Err, tun.Needs = false, err.Error(), NeedsTunAccess
		if errors.Is(err, fs.ErrNotExist) {
			tun.Needs = NeedsTunModule
		}
	}
	facts := []userns.Fact{tun}
	for _, name := range netdriver.Names() {
		facts = append(facts, driverFact(name, tun))
	}
	return facts
}

func driverFact(name string, tun userns.Fact) userns.Fact {
	f := userns.Fact{Name: name + " network", OK: true}
	detail, err := netdriver.Find(name)
	if name == netdriver.Embedded {
		detail, err = stackProgram()
	}
	switch {
	case err != nil:
		f.OK, f.Err = false, err.Error()
		f.Needs = map[string]string{netdriver.Pasta: NeedsPasta, netdriver.Slirp4netns: NeedsSlirp4netns}[name]
	case !tun.OK:
		f.OK, f.Err, f.Needs = false, tun.Err, tun.Needs
	default:
		f.Detail = detail
	}
	return f
}
