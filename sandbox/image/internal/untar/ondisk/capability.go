package ondisk

import "encoding/binary"

// Of linux/capability.h: the revision is in the upper byte of the first word,
// and the third adds the id of the root that the capabilities count for.
const (
	capRevision  = 0xff000000
	capRevision2 = 0x02000000
	capRevision3 = 0x03000000
	capSize2     = 20
	capSize3     = 24
)

// PlainCapability turns a value of Capability into its second revision, which
// counts for whichever root writes it. A third revision names a root by its id
// on the machine where it was written; that is told apart by root.
func PlainCapability(value []byte) (plain []byte, root uint32, ok bool) {
	if len(value) < 4 {
		return nil, 0, false
	}
	magic := binary.LittleEndian.Uint32(value)
	switch {
	case magic&capRevision == capRevision2 && len(value) == capSize2:
		return value, 0, true
	case magic&capRevision == capRevision3 && len(value) == capSize3:
		plain = append([]byte(nil), value[:capSize2]...)
		binary.LittleEndian.PutUint32(plain, magic&^capRevision|capRevision2)
		return plain, binary.LittleEndian.Uint32(value[capSize2:]), true
	}
	return nil, 0, false
}
