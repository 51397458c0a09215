package apt

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// commandLog records what a tree is asked to run, and does what dpkg would.
type commandLog struct {
	dir   string
	lines []string
	do    func(line string) error
}

func (c *commandLog) run(_ context.Context, argv, env []string) error {
	line := strings.Join(argv, " ")
	if argv[0] == "/bin/sh" {
		line = "preinst " + strings.Join(argv[4:], " ")
	}
	c.lines = append(c.lines, line)
	if !slices.Contains(env, "DEBIAN_FRONTEND=noninteractive") {
		return errors.New("no environment")
	}
	if c.do != nil {
		return c.do(line)
	}
	return nil
}

// install makes the tree of an archive as the only user that there is.
func install(t *testing.T, a *testArchive, do func(dir, line string) error, packages ...string) (string, *commandLog, error) {
	t.Helper()
	p := planned(t, a, packages...)
	dir := t.TempDir()
	log := &commandLog{dir: dir}
	if do != nil {
		log.do = func(line string) error { return do(dir, line) }
	}
	_, err := Install(t.Context(), p, dir, InstallOptions{Cache: fetched(t, p), Single: true, Run: log.run})
	return dir, log, err
}

func TestInstall(t *testing.T) {
	a := serve(t, &testArchive{packages: minimal()})
	dir, log, err := install(t, a, nil)
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"dpkg --force-unsafe-io --configure --pending"}; !slices.Equal(log.lines, want) {
		t.Errorf("ran %q", log.lines)
	}
	for name, want := range map[string]string{
		"etc/base":                            "base\n",
		"usr/bin/hard":                        "#!", // brought as /bin/hard
		"var/lib/dpkg/arch":                   "amd64\n",
		"var/lib/dpkg/info/format":            "1\n",
		"var/lib/dpkg/info/base.list":         "/etc\n/etc/base\n/usr/bin\n/usr/bin/sh\n/bin\n/bin/hard\n",
		"var/lib/dpkg/info/base.conffiles":    "/etc/base\n",
		"var/lib/dpkg/info/base.postinst":     "#!/bin/sh\n",
		"var/lib/dpkg/info/base.md5sums":      "ad540a4cc5c410795131d4d8db7a6d91  usr/bin/sh\n",
		"var/lib/dpkg/info/libdep:amd64.list": "/usr/lib/libdep.so\n",
		"etc/apt/sources.list":                "deb " + a.url + " stable main\n",
		"var/lib/apt/extended_states":         "Package: libdep\nArchitecture: amd64\nAuto-Installed: 1\n\n",
	} {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Error(err)
		} else if got := string(b); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	status, err := os.ReadFile(filepath.Join(dir, statusFile))
	if err != nil {
		t.Fatal(err)
	}
	want := "Package: base\nStatus: install ok unpacked\nVersion: 1\nArchitecture: amd64\nEssential: yes\nPriority: required\nMaintainer: nobody\nDescription: test\nConffiles:\n /etc/base ce771bb33a2a445c8e616a88ec29c517\n\n"
	if got := string(status); !strings.Contains(got, want) || strings.Count(got, "unpacked") != 3 {
		t.Errorf("status is %s", got)
	}
	for _, gone := range []string{policyFile, stagingDir} {
		if _, err := os.Lstat(filepath.Join(dir, gone)); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s is there", gone)
		}
	}
	if info, err := os.Stat(filepath.Join(dir, "usr/bin/sh")); err != nil || info.Mode() != 0o755|fs.ModeSetuid {
		t.Errorf("%v %v", info.Mode(), err)
	}
	if target, err := os.Readlink(filepath.Join(dir, "bin")); err != nil || target != "usr/bin" {
		t.Errorf("bin leads to %q (%v)", target, err)
	}
	newest(t, dir, testDate())
}

func newest(t *testing.T, dir string, epoch time.Time) {
	t.Helper()
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err == nil && info.ModTime().After(epoch) {
			t.Errorf("%s is of %s", name, info.ModTime())
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// TestInstallTwice: whatever the clock and the scripts do, the trees are equal.
func TestInstallTwice(t *testing.T) {
	a := serve(t, &testArchive{packages: minimal()})
	day := 20000
	scripts := func(dir, line string) error {
		day++
		for name, text := range map[string]string{
			"etc/machine-id": time.Now().String(), "etc/passwd-": "old", "etc/shadow": "root:*:" + strings.Repeat("9", 5) + ":0\nx:!:100:0\n",
			"var/lib/dpkg/status-old": "x", "var/log/dpkg.log": "x", "var/log/apt/term.log": "x", "var/log/wtmp": time.Now().String(),
			"var/log/svc/svc.log": "x", "var/cache/ldconfig/aux-cache": time.Now().String(), "var/lib/systemd/random-seed": "x", "tmp/x": "x",
		} {
			path := filepath.Join(dir, name)
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				return err
			}
			if err := os.WriteFile(path, []byte(text), 0o640); err != nil {
				return err
			}
		}
		// What leads out of the tree is not followed.
		return errors.Join(os.Symlink("/etc/hosts", filepath.Join(dir, "var/log/link.log")), os.Symlink(t.TempDir(), filepath.Join(dir, "var/cache/man")))
	}
	one, _, err := install(t, a, scripts)
	if err != nil {
		t.Fatal(err)
	}
	two, _, err := install(t, a, scripts)
	if err != nil {
		t.Fatal(err)
	}
	first, second := describeAll(t, one), describeAll(t, two)
	delete(first, "/var/cache/man") // leads elsewhere each time
	delete(second, "/var/cache/man")
	for name := range first {
		if first[name] != second[name] && name != "" {
			t.Errorf("%s: %s, then %s", name, first[name], second[name])
		}
	}
	for name, want := range map[string]string{"etc/machine-id": "", "var/log/wtmp": "", "var/log/svc/svc.log": "", "etc/shadow": "root:*:20513:0\nx:!:100:0\n"} {
		if b, err := os.ReadFile(filepath.Join(one, name)); err != nil || string(b) != want {
			t.Errorf("%s: %q (%v)", name, b, err)
		}
	}
	for _, name := range []string{"/etc/passwd-", "/var/lib/dpkg/status-old", "/var/log/dpkg.log", "/var/log/apt/term.log", "/var/cache/ldconfig/aux-cache", "/var/lib/systemd/random-seed", "/tmp/x"} {
		if _, ok := first[name]; ok {
			t.Errorf("%s is there", name)
		}
	}
}

// TestStages: a script that wants to run before its package is there runs when
// what it relies on works, and what it diverts is diverted.
func TestStages(t *testing.T) {
	pre := map[string]string{"preinst": "#!/bin/sh\n"}
	a := serve(t, &testArchive{packages: append(minimal(),
		testPackage{name: "diverter", version: "1", control: pre, files: []testFile{{name: "./usr/bin/tool", body: "new", mode: 0o755}}},
		testPackage{name: "tool", version: "1", fields: "Pre-Depends: diverter\n", control: pre, files: []testFile{{name: "./usr/bin/tool", body: "old", mode: 0o755}}},
		testPackage{name: "watcher", version: "1", control: map[string]string{"triggers": "interest-noawait /usr/bin\ninterest named\n"}},
	)})
	dir, log, err := install(t, a, func(dir, line string) error {
		switch line {
		case "preinst diverter amd64":
			return os.WriteFile(filepath.Join(dir, dpkgDir, "diversions"), []byte("/usr/bin/tool\n/usr/bin/tool.real\ndiverter\n"), 0o644)
		case "preinst tool amd64":
			b, err := os.ReadFile(filepath.Join(dir, stagingDir, "tool/control"))
			if err != nil || !strings.HasPrefix(string(b), "Package: tool\n") {
				return errors.New("no control file")
			}
			return os.RemoveAll(filepath.Join(dir, stagingDir))
		}
		return nil
	}, "tool", "watcher")
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"dpkg --force-unsafe-io --configure apt base libdep",
		"preinst diverter amd64",
		"dpkg --force-unsafe-io --configure diverter",
		"preinst tool amd64",
		"dpkg --force-unsafe-io --configure --pending",
	}
	if !slices.Equal(log.lines, want) {
		t.Errorf("ran %q", log.lines)
	}
	for name, want := range map[string]string{
		"usr/bin/tool": "new", "usr/bin/tool.real": "old",
		"var/lib/dpkg/info/tool.list":    "/usr/bin/tool\n",
		"var/lib/dpkg/triggers/File":     "/usr/bin watcher/noawait\n",
		"var/lib/dpkg/triggers/named":    "watcher\n",
		"var/lib/dpkg/triggers/Unincorp": "/usr/bin -\n/usr/bin -\n",
	} {
		if b, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(b) != want {
			t.Errorf("%s: %q (%v)", name, b, err)
		}
	}
}

func TestInstallRefuses(t *testing.T) {
	file := func(body string) []testFile { return []testFile{{name: "./usr/bin/x", body: body, mode: 0o755}} }
	for name, c := range map[string]struct {
		packages []testPackage
		says     string
	}{
		"two have one file":      {[]testPackage{{name: "a", version: "1", files: file("a")}, {name: "b", version: "1", files: file("b")}}, "package b: /usr/bin/x: package a has it as well"},
		"file where a directory": {[]testPackage{{name: "a", version: "1", files: []testFile{{name: "./usr/lib", body: "x", mode: 0o644}}}}, "package a: /usr/lib: no directory"},
		"directory where a file": {[]testPackage{{name: "a", version: "1", files: file("a")}, {name: "b", version: "1", files: []testFile{{name: "./usr/bin/x/", mode: 0o755}}}}, "package b: /usr/bin/x: a directory, and package a"},
		"path that leads out":    {[]testPackage{{name: "a", version: "1", files: []testFile{{name: "./usr/../../x", body: "x", mode: 0o644}}}}, "bad path"},
	} {
		t.Run(name, func(t *testing.T) {
			a := serve(t, &testArchive{packages: append(minimal(), c.packages...)})
			var asked []string
			for _, p := range c.packages {
				asked = append(asked, p.name)
			}
			_, _, err := install(t, a, nil, asked...)
			var bad *PackageError
			if !errors.As(err, &bad) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v", err)
			}
		})
	}
	t.Run("script fails", func(t *testing.T) {
		a := serve(t, &testArchive{packages: minimal()})
		failed := errors.New("exit status 1")
		if _, _, err := install(t, a, func(string, string) error { return failed }); !errors.Is(err, failed) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("directory is not empty", func(t *testing.T) {
		p := planned(t, serve(t, &testArchive{packages: minimal()}))
		dir := filepath.Dir(writeFile(t, nil))
		_, err := Install(t.Context(), p, dir, InstallOptions{Cache: fetched(t, p), Single: true, Run: (&commandLog{}).run})
		if err == nil || !strings.Contains(err.Error(), "not empty") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("package is not fetched", func(t *testing.T) {
		p := planned(t, serve(t, &testArchive{packages: minimal()}))
		_, err := Install(t.Context(), p, t.TempDir(), InstallOptions{Cache: t.TempDir(), Single: true, Run: (&commandLog{}).run})
		if !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("got %v", err)
		}
	})
}

// TestReplaces: of two packages with one file, the one that says so has it.
func TestReplaces(t *testing.T) {
	for _, c := range []struct{ a, b, want string }{
		{"", "Replaces: a (<< 2)\n", "b"},
		{"Replaces: b\n", "", "a"},
	} {
		file := func(body string) []testFile { return []testFile{{name: "./usr/bin/x", body: body, mode: 0o755}} }
		a := serve(t, &testArchive{packages: append(minimal(),
			testPackage{name: "a", version: "1", fields: c.a, files: file("a")}, testPackage{name: "b", version: "1", fields: c.b, files: file("b")})})
		dir, _, err := install(t, a, nil, "a", "b")
		if err != nil {
			t.Fatal(err)
		}
		if b, err := os.ReadFile(filepath.Join(dir, "usr/bin/x")); err != nil || string(b) != c.want {
			t.Errorf("got %q (%v)", b, err)
		}
		for _, name := range []string{"a", "b"} {
			b, err := os.ReadFile(filepath.Join(dir, infoDir, name+".list"))
			if has := strings.Contains(string(b), "/usr/bin/x"); err != nil || has != (name == c.want) {
				t.Errorf("%s has it: %t (%v)", name, has, err)
			}
		}
	}
}
