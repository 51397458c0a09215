package userns

import (
	"errors"
	"io/fs"

	"github.com/rootless-sandbox/sandbox/userns/internal/sys"
)

// hostPath opens a path of the host. Set-up runs as the namespace's root, whose
// rights end where the owner or the group of a directory is not mapped
// (user_namespaces(7), on capabilities and inodes). That is so in a directory
// of the caller's that belongs to a group they share with others; there it goes
// as the caller, who may go wherever they could outside.
func (b *builder) hostPath(open func() (int, error)) (int, error) {
	fd, err := open()
	if !errors.Is(err, fs.ErrPermission) || b.IDs.Single() {
		return fd, err
	}
	aerr := sys.WithFileIDs(b.caller.uid, b.caller.gid, func() (err error) {
		fd, err = open()
		return err
	})
	if aerr != nil {
		return -1, err
	}
	return fd, nil
}

// hostTree is a detached copy of the mounts at a path of the host.
func (b *builder) hostTree(path string, recursive bool) (int, error) {
	return b.hostPath(func() (int, error) { return sys.CloneTree(sys.CWD, path, recursive) })
}
