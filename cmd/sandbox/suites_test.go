package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rootless-sandbox/sandbox/userns/usernstest"
)

// TestSuites: tests of other people's projects, as they are, come to the same inside, and the project is as it was;
// both leave files behind where they run in place. scripts/suites.sh has more of them.
func TestSuites(t *testing.T) {
	t.Parallel()
	usernstest.Require(t, "userns", "overlay", "archive", "suites")
	program, err := exec.LookPath("sandbox") // which testscript.Main made of this test
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"xxhash", "zlib"} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for _, sub := range []string{"tmp", "run", "data"} {
				if err := os.Mkdir(filepath.Join(dir, sub), 0o700); err != nil {
					t.Fatal(err)
				}
			}
			c := exec.Command("../../scripts/suites.sh", "-s", program, name)
			c.Env = append(os.Environ(), "TMPDIR="+dir+"/tmp", "XDG_RUNTIME_DIR="+dir+"/run", "XDG_DATA_HOME="+dir+"/data")
			out, err := c.CombinedOutput()
			t.Logf("%s", out)
			if err != nil || !strings.Contains(string(out), "  same\n") {
				t.Errorf("%v", err)
			}
			if strings.Contains(string(out), "s       0   same") {
				t.Error("it left nothing behind in place: nothing was shown")
			}
		})
	}
}
