package userns

//go:generate go tool msgp -file idmap.go -tests=false -io=false
//msgp:tuple Extent IDMap
//msgp:ignore Caller Range

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
)

// Extent maps Size ids from ContainerID inside to HostID outside
// (user_namespaces(7); the names are the OCI runtime specification's).
type Extent struct {
	ContainerID int `json:"containerID"`
	HostID      int `json:"hostID"`
	Size        int `json:"size"`
}

// IDMap is the user and group map of a namespace.
type IDMap struct {
	UIDs []Extent `json:"uids"`
	GIDs []Extent `json:"gids"`
}

// Caller is the user who starts a sandbox, and the subordinate ids that are theirs.
type Caller struct {
	UID, GID int
	SubUIDs  []Range
	SubGIDs  []Range
}

// Range is Size ids from Start on.
type Range struct{ Start, Size int }

// Map gives the map in which uid:gid inside is the caller outside, and the
// other ids from 0 on are the subordinate ones. Without subordinate ids it has
// that one id.
func (c Caller) Map(uid, gid int) IDMap {
	return IDMap{UIDs: around(uid, c.UID, c.SubUIDs), GIDs: around(gid, c.GID, c.SubGIDs)}
}

// Single reports whether only one id is mapped.
func (m IDMap) Single() bool { return len(m.UIDs) == 1 && m.UIDs[0].Size == 1 }

// Key names a map: files unpacked under two maps of one key have the same
// owners. With a single id there are no owners to tell apart.
func (m IDMap) Key() string {
	if m.Single() {
		return "single"
	}
	sum := sha256.Sum256([]byte(format(m.UIDs) + "/" + format(m.GIDs)))
	return hex.EncodeToString(sum[:6])
}

// Root is the id that set-up runs as: 0, or the only one there is.
func (m IDMap) Root() (uid, gid int) {
	if m.Single() {
		return m.UIDs[0].ContainerID, m.GIDs[0].ContainerID
	}
	return 0, 0
}

// around lays the ranges out from 0 on and leaves the place of id to host.
func around(id, host int, ranges []Range) []Extent {
	var out []Extent
	next := 0
	add := func(r Range) {
		if r.Size > 0 {
			out = append(out, Extent{next, r.Start, r.Size})
			next += r.Size
		}
	}
	placed := false
	for _, r := range apart(host, ranges) {
		if before := id - next; !placed && before < r.Size {
			add(Range{r.Start, before})
			out = append(out, Extent{id, host, 1})
			next, placed = id+1, true
			r = Range{r.Start + before, r.Size - before}
			if next > 65535 {
				break // the classical ids are all there
			}
		}
		add(r)
	}
	if !placed {
		out = append(out, Extent{id, host, 1})
	}
	return out
}

// apart leaves out of the ranges the caller's own id and what came before: an id
// outside may be mapped once only (user_namespaces(7)), and subuid(5) may list it twice.
func apart(host int, ranges []Range) []Range {
	var out []Range
	taken := []Range{{host, 1}}
	for _, r := range ranges {
		free := r.without(taken)
		out, taken = append(out, free...), append(taken, free...)
	}
	return out
}

// without gives the parts of r that are in none of taken.
func (r Range) without(taken []Range) []Range {
	if r.Size <= 0 {
		return nil
	}
	for _, t := range taken {
		if r.Start < t.end() && t.Start < r.end() {
			below, above := Range{r.Start, t.Start - r.Start}, Range{t.end(), r.end() - t.end()}
			return append(below.without(taken), above.without(taken)...)
		}
	}
	return []Range{r}
}

func (r Range) end() int { return r.Start + r.Size }

// HostID gives the id outside of an id inside.
func HostID(extents []Extent, id int) (int, bool) {
	for _, e := range extents {
		if id >= e.ContainerID && id < e.ContainerID+e.Size {
			return e.HostID + id - e.ContainerID, true
		}
	}
	return 0, false
}

// format writes the extents as uid_map takes them.
func format(extents []Extent) string {
	var b strings.Builder
	for _, f := range fields(extents) {
		b.WriteString(strings.Join(f, " "))
		b.WriteByte('\n')
	}
	return b.String()
}

func fields(extents []Extent) [][]string {
	out := make([][]string, 0, len(extents))
	for _, e := range extents {
		out = append(out, []string{strconv.Itoa(e.ContainerID), strconv.Itoa(e.HostID), strconv.Itoa(e.Size)})
	}
	return out
}
