package cli

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/rootless-sandbox/sandbox/sandbox/store"
	"github.com/rootless-sandbox/sandbox/sandbox/store/place"
)

// storeHints knows the disk: the places, what is in them, and space.
func (a *app) storeHints(err error) []diagnosis {
	var place *store.PlaceError
	var version *store.VersionError
	var corrupt *store.CorruptError
	switch {
	case errors.As(err, &place):
		return one(diagnosis{Code: "SBX0501", Hints: a.placeHints(place)})
	case errors.As(err, &version):
		return one(a.otherVersion())
	case errors.As(err, &corrupt):
		return one(diagnosis{Code: "SBX0503", Hints: []hint{
			{a.sibling("up") + " --recreate", "makes the sandbox anew; what was written inside is lost"},
		}})
	}
	return a.diskHints(err)
}

func (a *app) placeHints(e *store.PlaceError) []hint {
	switch _, runtime := a.places(); {
	case e.Path == "":
		return []hint{elsewhere("SANDBOX_DATA_DIR")}
	case e.Path == runtime || e.Path == filepath.Dir(runtime):
		return []hint{{"ls -ld " + quote(e.Path), "what is there"}, elsewhere("SANDBOX_RUNTIME_DIR")}
	}
	return []hint{{"ls -ld " + quote(e.Path), "what is there"}, elsewhere("SANDBOX_DATA_DIR")}
}

func (a *app) diskHints(err error) []diagnosis {
	data, _ := a.places()
	switch {
	case errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT):
		return one(diagnosis{Code: "SBX0504", Hints: []hint{
			{"df -h " + quote(data), "the disk that is full"},
			{"sandbox prune --dry-run", "what nothing needs any more"},
			{"sandbox ps", "what can go: sandbox rm NAME"},
		}})
	case errors.Is(err, syscall.EROFS):
		return one(diagnosis{Code: "SBX0505", Hints: []hint{elsewhere("SANDBOX_DATA_DIR")}})
	case errors.Is(err, fs.ErrPermission) && onPath(err):
		return one(diagnosis{Code: "SBX0506", Hints: []hint{
			{"ls -ld " + quote(data), "it must be yours, with mode 0700"}, elsewhere("SANDBOX_DATA_DIR"),
		}})
	}
	return nil
}

// onPath reports whether the error is about a file, not about a system call on
// something else.
func onPath(err error) bool {
	var path *fs.PathError
	return errors.As(err, &path)
}

// elsewhere moves a place to another disk. mkdir without -p refuses a directory
// that someone else put there.
func elsewhere(variable string) hint {
	return hint{"mkdir -m 700 /var/tmp/sandbox-$USER && export " + variable + "=/var/tmp/sandbox-$USER",
		"uses another directory; the export belongs into your profile"}
}

func (a *app) places() (data, runtime string) { return place.Both(a.world.getenv, os.Getuid()) }

// cause is the innermost text of an error about a path: the path is said
// already.
func cause(err error) string {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err.Error()
	}
	return err.Error()
}
