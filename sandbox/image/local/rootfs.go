package local

import (
	"errors"
	"os"

	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

// CheckRootfs sees whether a rootfs is a directory or an archive.
func CheckRootfs(i *spec.Image) error {
	st, err := os.Stat(i.Path)
	switch {
	case err != nil:
		return err
	case st.IsDir():
		i.Kind = spec.ImageDir
	case st.Mode().IsRegular():
		i.Kind, i.Name = spec.ImageTar, "rootfs:"+i.Path
	default:
		return &os.PathError{Op: "open", Path: i.Path, Err: errors.New("neither a directory nor an archive")}
	}
	return nil
}
