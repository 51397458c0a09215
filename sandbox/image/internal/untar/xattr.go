package untar

import (
	"archive/tar"
	"strings"

	"github.com/rootless-sandbox/sandbox/sandbox/image/internal/untar/ondisk"
)

const paxXattr = "SCHILY.xattr."

// hasXattrs says whether there is anything for setXattrs to do.
func hasXattrs(h *tar.Header) bool {
	for k := range h.PAXRecords {
		if strings.HasPrefix(k, paxXattr) {
			return true
		}
	}
	return false
}

// setXattrs applies the extended attributes that mean the same here as where
// the archive was made, as far as the kernel and the file system let it.
func (x *extractor) setXattrs(fd int, h *tar.Header) {
	for k, v := range h.PAXRecords {
		name, ok := strings.CutPrefix(k, paxXattr)
		if !ok {
			continue
		}
		if !ondisk.Travels(name) {
			x.stats.skip(h.Name, "attribute "+name)
			continue
		}
		if name == ondisk.Capability {
			// For the root of this user namespace, which the kernel adds.
			if plain, _, ok := ondisk.PlainCapability([]byte(v)); ok {
				v = string(plain)
			}
		}
		if err := ondisk.SetAttribute(fd, name, v); err != nil {
			x.stats.skip(h.Name, "attribute "+name+": "+err.Error())
		}
	}
}
