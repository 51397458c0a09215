package cli

import (
	"errors"
	"syscall"

	"github.com/rootless-sandbox/sandbox/config"
	"github.com/rootless-sandbox/sandbox/sandbox"
)

// imageHints knows how images are found, fetched and made.
func (a *app) imageHints(err error) []diagnosis {
	var build *sandbox.BuildError
	var missing *sandbox.PackageError
	var manager *sandbox.NoManagerError
	var host *sandbox.PackagesError
	var image *sandbox.ImageError
	if found := a.sourceHints(err); found != nil {
		return found
	}
	switch {
	case errors.As(err, &missing):
		return one(diagnosis{Code: "SBX0305", Hints: []hint{
			{"packages: [...]", "in the configuration: the names are those of the image's own distribution"},
		}})
	case errors.As(err, &manager):
		return one(diagnosis{Code: "SBX0305", Hints: []hint{
			{"image: apt:trixie", "in " + a.ownFile() + ": a base that packages can be installed on"},
		}})
	case errors.As(err, &host):
		return one(diagnosis{Code: "SBX0305", Hints: []hint{
			{"image: apt:trixie", "in " + a.ownFile() + ": a base of its own, from Debian packages"},
		}})
	case errors.As(err, &build):
		return one(diagnosis{Code: "SBX0304", Detail: build.Last})
	case errors.Is(err, sandbox.ErrNoImage):
		return one(diagnosis{Code: "SBX0306", Hints: []hint{{"sandbox image ls", "those that there are"}}})
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return nil // what is said of disks serves better
	case errors.As(err, &image) && a.invoked == "image load":
		return one(diagnosis{Code: "SBX0301", Hints: []hint{
			{"sandbox run --image rootfs:" + quote(image.Ref) + " -- /bin/sh", "if it is an archive of a root file system; load takes what docker save, podman save and image save write"},
		}})
	case errors.As(err, &image):
		return one(diagnosis{Code: "SBX0301", Hints: []hint{
			{"image: host", "in " + a.ownFile() + ": this machine's own programs"},
			{"image: rootfs:DIR-OR-TAR", "or a root file system that you have"},
		}})
	}
	return nil
}

// ownFile is where a key of ours goes: beside a devcontainer.json alone a .sandbox.yaml
// would take its place.
func (a *app) ownFile() string {
	if a.found.File == "" && (a.found.Devcontainer != "" || len(a.found.Several) > 0) {
		return config.LocalName
	}
	return ".sandbox.yaml"
}
