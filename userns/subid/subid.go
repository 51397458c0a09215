// Package subid finds the subordinate ids of a user. It answers: which ids may
// this user map? It is apart from userns so that the first process of a
// sandbox, which never asks, does not carry it.
package subid

import (
	"bytes"
	"os"

	"github.com/rootless-containers/rootlesskit/v3/pkg/parent/dynidtools"
	"github.com/rootless-containers/rootlesskit/v3/pkg/parent/idtools"

	"github.com/rootless-sandbox/sandbox/userns"
)

// rootBase is where the real root, who may map any id, takes a range from when
// /etc/subuid names none. It lies above the ids that systemd gives to dynamic
// users and containers by default.
const rootBase, rootSize = 0x70000000, 65536

// Ranges finds the subordinate ranges of a user in /etc/subuid and
// /etc/subgid, or through getsubids(1) where nsswitch.conf names another
// source. ok is false when there are none.
func Ranges(uid int, name string) (uids, gids []userns.Range, ok bool) {
	u, g, err := idtools.GetSubIDRanges(uid, name)
	if err != nil && dynamic() {
		u, g, err = dynidtools.GetSubIDRanges(uid, name)
	}
	if err != nil || len(u) == 0 || len(g) == 0 {
		if uid == 0 {
			r := []userns.Range{{Start: rootBase, Size: rootSize}}
			return r, r, true
		}
		return nil, nil, false
	}
	return ranges(u), ranges(g), true
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
