package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/rootless-sandbox/sandbox/sandbox"
	"github.com/rootless-sandbox/sandbox/userns/usernstest"
)

// The test binary is the program too: as `sandbox` in scripts, and in every role
// that the engine gives to its own processes. Those come first, or a sandbox
// would start with the whole test suite as its first process.
func TestMain(m *testing.M) {
	if code, played := sandbox.Init(); played {
		syscall.Exit(code)
	}
	testscript.Main(m, map[string]func(){"sandbox": main})
}

// TestStory runs one user story a file of testdata/script. Beside testscript's
// own commands and conditions there are those of story_commands_test.go.
//
// A story starts in $WORK/hello, an empty project, with HOME in $WORK/home. It
// needs no clean-up: what it leaves is removed, and then nothing may be there.
func TestStory(t *testing.T) {
	stories(t, "testdata/script")
}

// TestRegistryStory tells those that need a registry; the command registry starts one.
func TestRegistryStory(t *testing.T) {
	usernstest.Require(t, "registry")
	stories(t, "testdata/registry")
}

// TestDebianStory tells those on a real distribution's base, with its own shells and sudo.
func TestDebianStory(t *testing.T) {
	usernstest.Require(t, "registry", "archive")
	stories(t, "testdata/debian")
}

// TestPeersStory tells those in which other programs read what we write, and we what they write.
func TestPeersStory(t *testing.T) {
	usernstest.Require(t, "registry", "peers")
	stories(t, "testdata/peers")
}

func stories(t *testing.T, dir string) {
	t.Helper()
	usernstest.Require(t, "userns", "overlay")
	files := chosen(t, dir)
	if len(files) == 0 {
		return // testscript would leave its directory
	}
	testscript.Run(t, testscript.Params{
		Files:               files,
		Setup:               setupStory,
		Condition:           condition,
		Cmds:                storyCommands(),
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
	})
}

func setupStory(e *testscript.Env) error {
	w, err := newWorld(e)
	if err != nil {
		return err
	}
	e.Defer(func() { w.end() })
	for _, kv := range [][2]string{
		{"HOME", w.home}, {"XDG_DATA_HOME", w.data}, {"XDG_RUNTIME_DIR", w.runtime},
		{"TERM", "dumb"}, {"LANG", "C.UTF-8"}, {"USER", w.user.Username},
		{"UID", w.user.Uid}, {"GID", w.user.Gid},
	} {
		e.Setenv(kv[0], kv[1])
	}
	e.Cd = w.project
	return nil
}

// chosen are the stories of a directory whose names SANDBOX_TEST_STORIES matches, a regular
// expression; without it all.
func chosen(t *testing.T, dir string) []string {
	t.Helper()
	pattern, err := regexp.Compile(os.Getenv("SANDBOX_TEST_STORIES"))
	if err != nil {
		t.Fatal("SANDBOX_TEST_STORIES: ", err)
	}
	all, err := filepath.Glob(filepath.Join(dir, "*.txtar"))
	if err != nil || len(all) == 0 {
		t.Fatalf("no story in %s: %v", dir, err)
	}
	return slices.DeleteFunc(all, func(file string) bool {
		return !pattern.MatchString(strings.TrimSuffix(filepath.Base(file), ".txtar"))
	})
}
