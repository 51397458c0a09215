package apt

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/rootless-sandbox/sandbox/userns/usernstest"
)

// suitesVar names the suites to install from the archive of this host's apt
// sources, separated by spaces. It takes a network, some seconds and half a
// gigabyte, so that it is asked for.
const suitesVar = "SANDBOX_TEST_APT"

func TestRealArchive(t *testing.T) {
	usernstest.Require(t, usernstest.UserNS, usernstest.Archive)
	suites := strings.Fields(os.Getenv(suitesVar))
	cache := t.TempDir()
	for _, suite := range suites {
		t.Run(suite, func(t *testing.T) {
			t.Run("range", func(t *testing.T) {
				usernstest.Require(t, usernstest.SubIDs)
				testRealArchive(t, suite, cache, false)
			})
			t.Run("single", func(t *testing.T) {
				if os.Geteuid() == 0 {
					t.Log("root has all ids; one only is the same to it")
				}
				testRealArchive(t, suite, cache, true)
			})
		})
	}
}

func testRealArchive(t *testing.T, suite, cache string, single bool) {
	p, err := Resolve(t.Context(), Options{Suite: suite, Cache: cache, Packages: []string{"less", "openssl"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := Fetch(context.Background(), p, FetchOptions{Cache: cache}); err != nil {
		t.Fatal(err)
	}
	var trees []map[string]string
	for range 2 {
		dir := realTree(t, p, cache, single)
		// Of what dpkg can tell: nothing half done, no file that is not its package's.
		check := []string{"/bin/sh", "-ec", `test -z "$(dpkg --audit)"; dpkg -V; apt-get check; openssl version; less --version >/dev/null; id -u _apt`}
		trees = append(trees, describeAll(t, dir))
		out, err := inNamespace(t, installJob{Plan: p, Dir: dir, Single: single, Check: check})
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		if strings.Contains(out, "??") {
			t.Errorf("dpkg -V:\n%s", out)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(trees[0])) {
		if trees[0][name] != trees[1][name] {
			t.Errorf("%s: first %s, then %s", name, trees[0][name], trees[1][name])
		}
	}
	if len(trees[0]) != len(trees[1]) || len(trees[0]) < 1000 {
		t.Errorf("%d files, then %d", len(trees[0]), len(trees[1]))
	}
}

// realTree installs a plan into a directory that the namespace's root can reach.
func realTree(t *testing.T, p *Plan, cache string, single bool) string {
	dir := t.TempDir()
	for d := dir; d != "/" && d != os.TempDir(); d = filepath.Dir(d) {
		_ = os.Chmod(d, 0o755)
	}
	root := filepath.Join(dir, "root")
	if err := os.Mkdir(root, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { // what other ids own, only the namespace's root can remove
		if _, err := inNamespace(t, installJob{Dir: root, Single: single}); err != nil {
			t.Error(err)
		}
	})
	if _, err := inNamespace(t, installJob{Plan: p, Dir: root, Cache: cache, Single: single}); err != nil {
		t.Fatal(err)
	}
	return root
}

// describeAll says of each file all that two equal trees have in common. What
// this user cannot read is left to its size.
func describeAll(t *testing.T, dir string) map[string]string {
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			if os.IsPermission(err) {
				return fs.SkipDir
			}
			return err
		}
		var st syscall.Stat_t
		if err := syscall.Lstat(name, &st); err != nil {
			return err
		}
		link, _ := os.Readlink(name)
		sum := ""
		if f, err := os.Open(name); err == nil && d.Type().IsRegular() {
			h := sha256.New()
			_, err = io.Copy(h, f)
			_ = f.Close()
			if err != nil {
				return err
			}
			sum = fmt.Sprintf("%x", h.Sum(nil))
		}
		size := st.Size
		if d.IsDir() {
			size = 0 // that of the directory itself depends on the file system
		}
		all[strings.TrimPrefix(name, dir)] = fmt.Sprintf("%o %d:%d %d %d.%09d %s %s", st.Mode, st.Uid, st.Gid, size, st.Mtim.Sec, st.Mtim.Nsec, link, sum)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
