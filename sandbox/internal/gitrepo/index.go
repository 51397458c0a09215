package gitrepo

import (
	"bytes"
	"encoding/binary"
)

// tracked reports whether a git index has a path; known is false for one that this
// cannot read, such as that of a repository with SHA-256. See gitformat-index(5).
func tracked(index []byte, path string) (found, known bool) {
	const header, fixed = 12, 62
	if len(index) < header || string(index[:4]) != "DIRC" {
		return false, false
	}
	version, left := binary.BigEndian.Uint32(index[4:]), binary.BigEndian.Uint32(index[8:])
	if version < 2 || version > 4 {
		return false, false
	}
	name := ""
	for rest := index[header:]; left > 0; left-- {
		if len(rest) < fixed {
			return false, false
		}
		at := fixed
		if rest[60]&0x40 != 0 { // an extended entry has two more bytes of flags
			at += 2
		}
		kept := ""
		if version == 4 {
			drop, n := offset(rest[min(at, len(rest)):])
			if n == 0 || drop > len(name) {
				return false, false
			}
			kept, at = name[:len(name)-drop], at+n
		}
		end := bytes.IndexByte(rest[min(at, len(rest)):], 0)
		if end < 0 || len(kept)+end > 4096 { // no path is; and each name may repeat the one before
			return false, false
		}
		if name = kept + string(rest[at:at+end]); name == path {
			return true, true
		}
		if at += end + 1; version < 4 {
			at = (at + 7) &^ 7
		}
		rest = rest[min(at, len(rest)):]
	}
	return false, true
}

// offset is a number of variable width, as in packs; n is 0 for one that is cut off.
func offset(b []byte) (value, n int) {
	for n < len(b) && n < 5 {
		c := b[n]
		n++
		if value |= int(c & 0x7f); c&0x80 == 0 {
			return value, n
		}
		value = (value + 1) << 7
	}
	return 0, 0
}
