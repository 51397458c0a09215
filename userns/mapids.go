package userns

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"

	"github.com/rootless-sandbox/sandbox/userns/internal/sys"
)

// MayMapRange says why this user gets no range of ids mapped here, as an *Error; nil where nothing
// speaks against it. Root maps it by itself, others by newuidmap(1) and newgidmap(1).
func MayMapRange() error {
	if os.Geteuid() == 0 {
		if !sys.HasCaps(sys.SetIDCaps()...) {
			return &Error{Op: "map ids as root", Err: errors.New("CAP_SETUID or CAP_SETGID is missing"), Needs: NeedsNewPrivs}
		}
		return nil
	}
	paths := make([]string, 0, 2)
	for _, name := range []string{"newuidmap", "newgidmap"} {
		path, err := exec.LookPath(name)
		if err != nil {
			return helperError(name, "it is not installed", NeedsIDHelpers)
		}
		paths = append(paths, path)
	}
	if sys.HasNoNewPrivs() {
		return helperError("newuidmap", "it gains no rights here: no_new_privs is set", NeedsNewPrivs)
	}
	if !sys.SetsIDs() {
		return helperError("newuidmap", "it gains no rights here: CAP_SETUID or CAP_SETGID is not in the bounding set", NeedsNewPrivs)
	}
	for _, path := range paths {
		if !sys.GainsRights(path) {
			return helperError(path, "it has neither root's setuid bit nor a capability, or is on a nosuid mount", NeedsSubIDs)
		}
	}
	return nil
}

func helperError(name, why, needs string) error {
	return &Error{Op: "use " + name, Err: errors.New(why), Needs: needs}
}

// writeMaps gives the process pid its ids. One id, or the real root, needs no helper.
func writeMaps(pid int, m IDMap) error {
	if m.Single() || os.Geteuid() == 0 {
		return writeDirect(pid, m)
	}
	errs := make(chan error, 2)
	go func() { errs <- runHelper("newuidmap", pid, m.UIDs) }()
	go func() { errs <- runHelper("newgidmap", pid, m.GIDs) }()
	return errors.Join(<-errs, <-errs)
}

// writeDirect writes the maps itself. An unprivileged writer must first give up
// setgroups (user_namespaces(7)), which with one id means nothing anyway.
func writeDirect(pid int, m IDMap) error {
	dir := "/proc/" + strconv.Itoa(pid) + "/"
	if os.Geteuid() == 0 && !sys.HasCaps(sys.CapSetFCap) {
		return &Error{Op: "map root", Err: errors.New("it takes CAP_SETFCAP, which this container's root has not"), Needs: NeedsSetFCap}
	}
	if m.Single() {
		if err := write(dir+"setgroups", "deny"); err != nil {
			return err
		}
	}
	if err := write(dir+"uid_map", format(m.UIDs)); err != nil {
		return err
	}
	return write(dir+"gid_map", format(m.GIDs))
}

// write puts all of data down in one write(2), as the files of a namespace demand.
func write(path, data string) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err == nil {
		_, err = f.WriteString(data)
		if cerr := f.Close(); err == nil {
			err = cerr
		}
	}
	if err != nil {
		return &Error{Op: "write", Path: path, Err: err, Needs: NeedsUserNamespaces}
	}
	return nil
}

func runHelper(name string, pid int, extents []Extent) error {
	path, err := exec.LookPath(name)
	if err != nil {
		return &Error{Op: "find", Path: name, Err: err, Needs: NeedsSubIDs}
	}
	args := []string{strconv.Itoa(pid)}
	for _, f := range fields(extents) {
		args = append(args, f...)
	}
	out, err := exec.Command(path, args...).CombinedOutput()
	if err != nil {
		text := strings.TrimSpace(string(bytes.TrimPrefix(out, []byte(name+": "))))
		return &Error{Op: "run", Path: name, Err: fmt.Errorf("%s (%w)", text, err), Needs: NeedsSubIDs}
	}
	return nil
}
