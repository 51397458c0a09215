// Package usernstest says which tests can run here. It answers: may this test
// be skipped? On a laptop a test whose feature is missing is; where
// SANDBOX_TEST_MUST promises the feature, its absence is a failure.
package usernstest

import (
	"os"
	"os/exec"
	"os/user"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/rootless-sandbox/sandbox/userns"
	"github.com/rootless-sandbox/sandbox/userns/subid"
)

// Features that a test may require.
const (
	UserNS  = "userns"  // making user namespaces
	SubIDs  = "subids"  // a subordinate range and newuidmap
	Overlay = "overlay" // the overlay file system
	Fuse    = "fuse"    // the program fuse-overlayfs and /dev/fuse
	Single  = "single"  // a user without subordinate ids
	Root    = "root"    // the real root
	Group   = "group"   // a user with a group besides their own
	Tun     = "tun"     // /dev/net/tun
	Pasta   = "pasta"   // the program
	Slirp   = "slirp"   // the program slirp4netns
	Archive = "archive" // an archive of packages, of the suites that SANDBOX_TEST_APT names

	Registry = "registry" // the program docker-registry
	Peers    = "peers"    // the programs skopeo and umoci
	Suites   = "suites"   // what other people's projects are fetched, built and tested with
	Buildah  = "buildah"  // the program, for a user who is not root, and not beside the race detector
	Chromium = "chromium" // the browser, and npm with a node that dev servers take
)

// Require skips the test, or fails it where the feature is promised.
func Require(t testing.TB, features ...string) {
	t.Helper()
	for _, f := range features {
		why := missing(f)
		if why == "" {
			continue
		}
		if slices.Contains(strings.Split(os.Getenv("SANDBOX_TEST_MUST"), ","), f) {
			t.Fatalf("%s is promised here, but: %s", f, why)
		}
		t.Skipf("no %s: %s", f, why)
	}
}

// missing says why a feature is not there; empty when it is.
func missing(feature string) string {
	switch feature {
	case UserNS:
		return tryUserNS()
	case SubIDs:
		return trySubIDs()
	case Single:
		if trySubIDs() == "" {
			return "this user has subordinate ids"
		}
	case Root:
		if os.Geteuid() != 0 {
			return "not root"
		}
	case Group:
		if _, ok := OtherGroup(); !ok {
			return "this user has no group but their own"
		}
	case Overlay:
		return tryOverlay()
	case Fuse:
		return tryFuse()
	case Tun:
		f, err := os.OpenFile("/dev/net/tun", os.O_RDWR, 0)
		if err != nil {
			return err.Error()
		}
		_ = f.Close()
	case Pasta:
		return programs("pasta")
	case Slirp:
		return programs("slirp4netns")
	case Archive:
		if os.Getenv("SANDBOX_TEST_APT") == "" {
			return "SANDBOX_TEST_APT is empty"
		}
	case Registry:
		return programs("docker-registry")
	case Peers:
		return programs("skopeo", "umoci")
	case Suites:
		return programs("cc", "make", "dpkg-source")
	case Buildah:
		if race || os.Geteuid() == 0 {
			return "one run of it, as a user, is enough"
		}
		return programs("buildah")
	case Chromium:
		return programs("chromium", "node", "npm")
	default:
		return "unknown feature"
	}
	return ""
}

// OtherGroup is a group of this user's besides their own.
func OtherGroup() (gid int, ok bool) {
	groups, err := os.Getgroups()
	if err != nil {
		return 0, false
	}
	for _, g := range groups {
		if g != os.Getgid() {
			return g, true
		}
	}
	return 0, false
}

func tryUserNS() string {
	cmd := exec.Command("/bin/true")
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS}
	if err := cmd.Run(); err != nil {
		return err.Error()
	}
	return ""
}

func trySubIDs() string {
	u, err := user.Current()
	if err != nil {
		return err.Error()
	}
	if _, _, err := subid.Ranges(os.Getuid(), u.Username); err != nil {
		return err.Error()
	}
	if err := userns.MayMapRange(); err != nil {
		return err.Error()
	}
	return ""
}

func tryOverlay() string {
	b, err := os.ReadFile("/proc/filesystems")
	if err != nil {
		return err.Error()
	}
	if !strings.Contains(string(b), "\toverlay\n") {
		return "not in /proc/filesystems"
	}
	return ""
}

func tryFuse() string {
	if _, err := exec.LookPath("fuse-overlayfs"); err != nil {
		return err.Error()
	}
	f, err := os.OpenFile("/dev/fuse", os.O_RDWR, 0)
	if err != nil {
		return err.Error()
	}
	_ = f.Close()
	return ""
}

func programs(names ...string) string {
	for _, name := range names {
		if _, err := exec.LookPath(name); err != nil {
			return err.Error()
		}
	}
	return ""
}
