package apt

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strconv"
	"strings"
	"time"
)

// normalise takes away what the packages' scripts left and what is not the same
// each time: logs, caches, backups, the identity of a machine, and times.
func normalise(root *os.Root, epoch time.Time) error {
	n := &normaliser{root: root, epoch: epoch}
	for _, step := range []func() error{n.identity, n.backups, n.caches, n.logs, n.shadow} {
		if err := step(); err != nil {
			return fmt.Errorf("normalise tree: %w", err)
		}
	}
	if err := clampTimes(root, epoch); err != nil {
		return fmt.Errorf("normalise times: %w", err)
	}
	return nil
}

type normaliser struct {
	root  *os.Root
	epoch time.Time
}

// identity: an empty machine-id is filled when the system is used (machine-id(5)).
func (n *normaliser) identity() error {
	for _, name := range []string{"var/lib/dbus/machine-id", "var/lib/systemd/random-seed", "var/lib/systemd/credential.secret", "var/lib/urandom/random-seed"} {
		if err := n.remove(name); err != nil {
			return err
		}
	}
	return n.empty("etc/machine-id")
}

// backups are dpkg's and those of the account files.
func (n *normaliser) backups() error {
	if err := n.removeIn("etc", func(name string) bool { return strings.HasSuffix(name, "-") }); err != nil {
		return err
	}
	old := func(name string) bool { return strings.HasSuffix(name, "-old") }
	if err := n.removeIn(dpkgDir, old); err != nil {
		return err
	}
	return n.removeIn("var/cache/debconf", old)
}

// caches of things that are found again. That of debconf is no cache: it holds
// the answers to the packages' questions.
func (n *normaliser) caches() error {
	any := func(string) bool { return true }
	for _, dir := range []string{"var/cache/ldconfig", "var/cache/apt", "var/cache/apt/archives", "var/cache/man", "var/lib/apt/lists", "tmp", "var/tmp", "run"} {
		if err := n.removeIn(dir, any); err != nil {
			return err
		}
	}
	return nil
}

// logs: those of the making go, and what programs expect to be there, such as
// wtmp and what belongs to a service, is emptied.
func (n *normaliser) logs() error {
	return fs.WalkDir(n.root.FS(), "var/log", func(name string, d fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil
		case err != nil:
			return err
		case !d.Type().IsRegular():
			return nil
		case path.Dir(name) == "var/log" && path.Ext(name) == ".log", path.Dir(name) == "var/log/apt":
			return n.root.Remove(name)
		}
		return n.empty(name)
	})
}

// shadow: the day of the last change of a password is not that of the making
// (shadow(5), third field).
func (n *normaliser) shadow() error {
	const name = "etc/shadow"
	b, err := readOptional(n.root, name)
	if err != nil || b == nil {
		return err
	}
	today := n.epoch.Unix() / 86400
	lines := strings.SplitAfter(string(b), "\n")
	for i, line := range lines {
		f := strings.Split(line, ":")
		if len(f) < 3 {
			continue
		}
		if day, err := strconv.ParseInt(f[2], 10, 64); err == nil && day > today {
			f[2] = strconv.FormatInt(today, 10)
			lines[i] = strings.Join(f, ":")
		}
	}
	return n.rewrite(name, strings.Join(lines, ""))
}

// rewrite keeps the file's owner and mode.
func (n *normaliser) rewrite(name, text string) error {
	f, err := n.root.OpenFile(name, os.O_WRONLY|os.O_TRUNC, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	return err
}

func (n *normaliser) empty(name string) error {
	info, err := n.root.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil || !info.Mode().IsRegular() || info.Size() == 0 {
		return err
	}
	return n.rewrite(name, "")
}

func (n *normaliser) remove(name string) error {
	if err := n.root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// removeIn removes what is neither a directory nor a link out of a directory. One
// that is a link itself is left alone: what it leads to may be anything.
func (n *normaliser) removeIn(dir string, match func(string) bool) error {
	info, err := n.root.Lstat(dir)
	if errors.Is(err, fs.ErrNotExist) || err == nil && !info.IsDir() {
		return nil
	}
	if err != nil {
		return err
	}
	entries, err := fs.ReadDir(n.root.FS(), dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.Type().IsRegular() && match(e.Name()) {
			if err := n.remove(path.Join(dir, e.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}
