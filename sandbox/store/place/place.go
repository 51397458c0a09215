// Package place answers: in which directories does a user's store lie? It is apart
// from the store because some know that before anything else is ready.
package place

import (
	"os"
	"path/filepath"
	"strconv"
)

// AgentPrefix begins the name of the file in the data directory that is
// executed as the first process of a sandbox; a part of its digest follows.
const AgentPrefix = "agent-"

// MonitorPrefix begins the name of the file there that is executed as the monitor
// of a sandbox; a part of its digest follows.
const MonitorPrefix = "monitor-"

// WholePrefix begins the name of the file there that holds the whole program,
// where it is carried by its core; a part of its digest follows.
const WholePrefix = "program-"

// Both says where a user's data and runtime files belong. SANDBOX_DATA_DIR
// and SANDBOX_RUNTIME_DIR are taken as they are; Open refuses one that is not
// absolute. A relative XDG directory counts as unset, as its specification
// asks. Without any place for data, data is empty, which Open refuses too.
func Both(env func(string) string, uid int) (data, runtime string) {
	return Data(env), runtimePlace(env, uid)
}

// Data is where the user's data belong; empty when there is no place for them.
func Data(env func(string) string) string {
	if d := env("SANDBOX_DATA_DIR"); d != "" {
		return filepath.Clean(d)
	}
	if d := env("XDG_DATA_HOME"); filepath.IsAbs(d) {
		return filepath.Join(d, "sandbox")
	}
	if d := env("HOME"); filepath.IsAbs(d) {
		return filepath.Join(d, ".local", "share", "sandbox")
	}
	return ""
}

func runtimePlace(env func(string) string, uid int) string {
	if d := env("SANDBOX_RUNTIME_DIR"); d != "" {
		return filepath.Clean(d)
	}
	if d := env("XDG_RUNTIME_DIR"); filepath.IsAbs(d) {
		// It may be left over from another user's environment (su, cron).
		if info, err := os.Stat(d); err == nil && info.IsDir() {
			return filepath.Join(d, "sandbox")
		}
	}
	return "/tmp/sandbox-" + strconv.Itoa(uid)
}
