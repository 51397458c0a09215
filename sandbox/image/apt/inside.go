package apt

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
)

const policyFile = "usr/sbin/policy-rc.d"

// skeleton writes what has to be there before the first package.
func (m *merger) skeleton(arch string) error {
	if err := m.tw.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: "./", Mode: 0o755, ModTime: m.epoch}); err != nil {
		return err
	}
	for _, name := range merged(arch) {
		if err := m.link(name, "usr/"+name); err != nil {
			return err
		}
	}
	for _, f := range []struct {
		name, body string
		mode       int64
	}{
		{dpkgDir + "/arch", arch + "\n", 0o644},
		{infoDir + "/format", "1\n", 0o644},
		// Services are not to be started while the image is made (invoke-rc.d(8)).
		{policyFile, "#!/bin/sh\nexit 101\n", 0o755},
	} {
		if err := m.file(f.name, f.mode, m.epoch, []byte(f.body)); err != nil {
			return err
		}
	}
	return nil
}

// merged are the directories that are links into /usr. Packages of some suites
// bring these links, those of others rely on them.
func merged(arch string) []string {
	names := []string{"bin", "lib", "sbin"}
	switch arch {
	case "amd64", "loong64", "mips64el", "ppc64", "ppc64el":
		names = append(names, "lib64") // where the loader of programs is
	}
	return names
}

func (m *merger) link(name, target string) error {
	dir := &tar.Header{Typeflag: tar.TypeDir, Name: target + "/", Mode: 0o755, ModTime: m.epoch}
	if err := m.tw.WriteHeader(dir); err != nil {
		return err
	}
	m.view.nodes["usr"] = node{kind: fs.ModeDir}
	m.view.nodes[target] = node{kind: fs.ModeDir}
	m.view.nodes[name] = node{kind: fs.ModeSymlink, target: target}
	return m.tw.WriteHeader(&tar.Header{Typeflag: tar.TypeSymlink, Name: name, Linkname: target, Mode: 0o777, ModTime: m.epoch})
}

// finish writes what apt inside has to know, and takes away what was only for
// the making.
func (i *installation) finish() error {
	if err := i.root.Remove(policyFile); err != nil {
		return err
	}
	if err := i.write("etc/apt/sources.list", i.plan.sources()); err != nil {
		return err
	}
	if err := i.write("var/lib/apt/extended_states", i.plan.states()); err != nil {
		return err
	}
	return normalise(i.root, i.result.Epoch)
}

// write replaces a file of the tree. A missing directory means that its owner,
// apt, is not in the plan.
func (i *installation) write(name, text string) error {
	if err := i.root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f, err := i.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	if err == nil {
		err = f.Chmod(0o644) // whatever the umask
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	return err
}

// sources is the sources.list(5) of the plan's archive.
func (p *Plan) sources() string {
	return fmt.Sprintf("deb %s %s %s\n", public(p.Mirror), p.Suite, strings.Join(p.Components, " "))
}

// states is apt's list of packages that nobody asked for.
func (p *Plan) states() string {
	var b strings.Builder
	for _, k := range p.Packages {
		if k.Auto {
			fmt.Fprintf(&b, "Package: %s\nArchitecture: %s\nAuto-Installed: 1\n\n", k.Name, p.Arch)
		}
	}
	return b.String()
}

// readDatabase reads what dpkg knows so far.
func readDatabase(root *os.Root) (*database, error) {
	status, err := root.ReadFile(statusFile)
	if err != nil {
		return nil, err
	}
	db := &database{status: append(bytes.TrimSpace(status), "\n\n"...), triggers: map[string][]byte{}}
	entries, err := fs.ReadDir(root.FS(), triggersDir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	for _, e := range entries {
		if e.Name() == "Lock" {
			continue
		}
		if db.triggers[e.Name()], err = root.ReadFile(triggersDir + "/" + e.Name()); err != nil {
			return nil, err
		}
	}
	return db, nil
}

// readOptional reads a file of the tree; a missing one is empty.
func readOptional(root *os.Root, name string) ([]byte, error) {
	b, err := root.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return b, err
}
