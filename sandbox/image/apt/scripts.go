package apt

import (
	"context"
	"fmt"
	"strconv"
	"time"
)

// Run runs a command in the tree, as its root, in the directory /, and waits for
// its end. It gives the command nothing to read, and /proc and /dev.
type Run func(ctx context.Context, argv, env []string) error

// stagingDir holds, for each package with a script to run before it is
// unpacked, what dpkg would have in tmp.ci while that script runs.
const stagingDir = dpkgDir + "/tmp.unpack"

// preinstScript runs the scripts of packages, each as dpkg does before it
// unpacks one: dpkg's own files of that package are in tmp.ci, where debconf
// looks for its questions. Its arguments are pairs of package and architecture.
const preinstScript = `set -e
cd /
umask 022
export DPKG_MAINTSCRIPT_PACKAGE DPKG_MAINTSCRIPT_ARCH DPKG_MAINTSCRIPT_NAME=preinst
export DPKG_MAINTSCRIPT_PACKAGE_REFCOUNT=1 DPKG_MAINTSCRIPT_DEBUG=0
export DPKG_ADMINDIR=/var/lib/dpkg DPKG_ROOT=
DPKG_RUNNING_VERSION=$(dpkg-query -W -f '${Version}' dpkg)
export DPKG_RUNNING_VERSION
while [ $# -gt 0 ]; do
	DPKG_MAINTSCRIPT_PACKAGE=$1 DPKG_MAINTSCRIPT_ARCH=$2
	mv "$DPKG_ADMINDIR/tmp.unpack/$1" "$DPKG_ADMINDIR/tmp.ci"
	"$DPKG_ADMINDIR/tmp.ci/preinst" install || {
		echo "package $1: preinst failed" >&2
		exit 1
	}
	rm -rf "$DPKG_ADMINDIR/tmp.ci"
	shift 2
done
rmdir "$DPKG_ADMINDIR/tmp.unpack"
`

// stageScripts writes what preinstScript wants, and gives its arguments.
func (m *merger) stageScripts(units []*unit) ([]string, error) {
	var args []string
	for _, u := range units {
		if u.member("preinst") == nil {
			continue
		}
		dir := stagingDir + "/" + u.Name + "/"
		if err := m.file(dir+"control", 0o644, m.epoch, u.control); err != nil {
			return nil, err
		}
		for _, f := range u.members {
			if err := m.file(dir+f.name, f.mode, f.date, f.body); err != nil {
				return nil, err
			}
		}
		args = append(args, u.Name, u.Arch)
	}
	return args, nil
}

// environment is that of all commands. What it fixes would else make two trees
// of the same packages differ.
func environment(epoch time.Time) []string {
	return []string{
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		"HOME=/root",
		"LC_ALL=C",
		"TZ=UTC",
		"DEBIAN_FRONTEND=noninteractive",
		"DEBCONF_NONINTERACTIVE_SEEN=true",
		"PERL_HASH_SEED=0",
		"PYTHONHASHSEED=0",
		"SOURCE_DATE_EPOCH=" + strconv.FormatInt(epoch.Unix(), 10),
	}
}

// commands runs what the tree itself has to do.
type commands struct {
	run Run
	env []string
}

func (c commands) preinst(ctx context.Context, args []string) error {
	if len(args) == 0 {
		return nil
	}
	argv := append([]string{"/bin/sh", "-c", preinstScript, "preinst"}, args...)
	if err := c.run(ctx, argv, c.env); err != nil {
		return fmt.Errorf("prepare packages: %w", err)
	}
	return nil
}

// configure names packages; none: all.
func (c commands) configure(ctx context.Context, names ...string) error {
	if len(names) == 0 {
		names = []string{"--pending"}
	}
	argv := append([]string{"dpkg", "--force-unsafe-io", "--configure"}, names...)
	if err := c.run(ctx, argv, c.env); err != nil {
		return fmt.Errorf("configure packages: %w", err)
	}
	return nil
}
