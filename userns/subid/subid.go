// Package subid finds the subordinate ids of a user. It answers: which ids may
// this user map? It is apart from userns so that the first process of a
// sandbox, which never asks, does not carry it.
package subid

import (
	"bytes"
	"errors"
	"fmt"
	"os"

	"github.com/rootless-containers/rootlesskit/v3/pkg/parent/dynidtools"
	"github.com/rootless-containers/rootlesskit/v3/pkg/parent/idtools"

	"github.com/rootless-sandbox/sandbox/userns"
)

// rootBase is where the real root, who may map any id, takes a range from when
// /etc/subuid names none. It lies above the ids that systemd gives to dynamic
// users and containers by default.
const rootBase, rootSize = 0x70000000, 65536

// minimum is how many ids the root of a container has to have before it shares
// them out: an image's `nobody` is 65534.
const minimum = 65534

// Ranges finds the subordinate ranges of a user in /etc/subuid and
// /etc/subgid, or through getsubids(1) where nsswitch.conf names another
// source. Root may map any id that there is, in a container those of the
// container. An error says in plain words why there are none to be used here.
func Ranges(uid int, name string) (uids, gids []userns.Range, err error) {
	uidMap, gidMap := readMap("/proc/self/uid_map"), readMap("/proc/self/gid_map")
	uids, gids = named(uid, name)
	if len(uids) > 0 && len(gids) > 0 {
		if uidMap.holds(uids) && gidMap.holds(gids) {
			return uids, gids, nil
		}
		err = notHere("use the subordinate ids of "+name, "those in /etc/subuid are not there inside this container")
	} else {
		err = fmt.Errorf("no subordinate ids for %s in /etc/subuid and /etc/subgid", name)
	}
	if uid != 0 {
		return nil, nil, err
	}
	if own := []userns.Range{{Start: rootBase, Size: rootSize}}; uidMap.holds(own) && gidMap.holds(own) {
		return own, own, nil
	}
	uids, gids = uidMap.others(), gidMap.others()
	if count(uids) < minimum || count(gids) < minimum {
		return nil, nil, notHere("share out ids", "too few are there inside this container")
	}
	return uids, gids, nil
}

func notHere(op, why string) error {
	return &userns.Error{Op: op, Err: errors.New(why), Needs: userns.NeedsIDsHere}
}

// named asks the files and services that give ranges to users.
func named(uid int, name string) (uids, gids []userns.Range) {
	u, g, err := idtools.GetSubIDRanges(uid, name)
	if err != nil && dynamic() {
		u, g, err = dynidtools.GetSubIDRanges(uid, name)
	}
	if err != nil {
		return nil, nil
	}
	return ranges(u), ranges(g)
}

// dynamic reports whether subordinate ids come from somewhere else than files;
// asking getsubids costs four processes.
func dynamic() bool {
	conf, err := os.ReadFile("/etc/nsswitch.conf")
	return err == nil && (bytes.HasPrefix(conf, []byte("subid:")) || bytes.Contains(conf, []byte("\nsubid:")))
}

func ranges(in []idtools.SubIDRange) []userns.Range {
	out := make([]userns.Range, 0, len(in))
	for _, r := range in {
		out = append(out, userns.Range{Start: r.Start, Size: r.Length})
	}
	return out
}
