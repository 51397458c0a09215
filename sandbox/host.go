package sandbox

import (
	"os"
	"os/user"
	"path/filepath"
	"strconv"

	"github.com/rootless-sandbox/sandbox/sandbox/spec"
	"github.com/rootless-sandbox/sandbox/userns"
	"github.com/rootless-sandbox/sandbox/userns/subid"
)

// Host is what planning needs to know of this machine.
type Host struct {
	UID, GID  int
	UserName  string
	Home      string   // absolute, symbolic links resolved
	Env       []string // the caller's environment
	Cwd       string
	IDs       spec.IDMode
	IDsReason string // why single, in plain words
}

// ReadHost gathers the facts. It starts nothing.
func ReadHost() (Host, error) {
	h := Host{UID: os.Getuid(), GID: os.Getgid(), Env: os.Environ()}
	var err error
	if h.Cwd, err = os.Getwd(); err != nil {
		return Host{}, err
	}
	h.UserName, h.Home = whoami(h.UID)
	h.IDs, h.IDsReason = idMode(h.UID, h.UserName)
	return h, nil
}

// whoami asks /etc/passwd, and the environment where the user comes from a directory service.
func whoami(uid int) (name, home string) {
	home = os.Getenv("HOME")
	if u, err := user.LookupId(strconv.Itoa(uid)); err == nil {
		name = u.Username
		if home == "" {
			home = u.HomeDir
		}
	} else {
		name = os.Getenv("USER")
	}
	if name == "" {
		name = "u" + strconv.Itoa(uid)
	}
	if real, err := filepath.EvalSymlinks(home); err == nil && filepath.IsAbs(real) {
		home = real
	}
	if !filepath.IsAbs(home) {
		home = "/home/" + name
	}
	return name, filepath.Clean(home)
}

func idMode(uid int, name string) (spec.IDMode, string) {
	if os.Getenv("SANDBOX_IDS") == string(spec.IDsSingle) {
		return spec.IDsSingle, "SANDBOX_IDS=single asks for it"
	}
	if _, _, err := subid.Ranges(uid, name); err != nil {
		return spec.IDsSingle, err.Error()
	}
	if err := userns.MayMapRange(); err != nil {
		return spec.IDsSingle, err.Error()
	}
	return spec.IDsRange, ""
}

// caller is who sandboxes of this mode are mapped to.
func caller(mode spec.IDMode) userns.Caller {
	c := userns.Caller{UID: os.Getuid(), GID: os.Getgid()}
	if mode == spec.IDsRange {
		name, _ := whoami(c.UID)
		c.SubUIDs, c.SubGIDs, _ = subid.Ranges(c.UID, name)
	}
	return c
}
