package config_test

import (
	"strings"
	"testing"

	"github.com/rootless-sandbox/sandbox/config"
)

// The schema's patterns are written by hand beside the checks. They may say less;
// what the decoder takes, no editor may mark as wrong.
func TestSchemaNeverRefusesMore(t *testing.T) {
	s := compiled(t)
	words := []string{
		"a", "A", "0", "a.b", ".a", "-a", "_a", "__a", "a b", "a-b_c.d", "1000", "host", "rootfs:", "rootfs:/", "rootfs:a b", "same", "/", "/a", "//a",
		"/a/../b", "~", "~/", "~/a", "~a", "./a", "../a", "64m", "64M", "0", "01", "1", "1t", "1kb", "9223372036854775807", "keep", "root", "ä", "日本",
		"a\u2028b", "a=b", "a,b", strings.Repeat("a", 63), strings.Repeat("a", 64), strings.Repeat("a", 65), strings.Repeat("/a", 3000), "rw", "none", "bind", "A_b9", "CHOWN", "cap_chown", "ALL", "/dev/fuse", "/dev/a b", "unconfined",
	}
	for _, format := range []string{
		"name: W", "image: W", "user: W", "shell: W", "workspace: {target: W}", "workspace: {mode: W}", "network: {mode: W}", "env: {A: W}", "env: {W: a}",
		"env_file: [W]", "pass_env: [W]", "limits: {memory: W}", "security: {seccomp: W}", "security: {devices: [W]}", "security: {capabilities: {add: [W], drop: [W]}}", "mounts: [{source: W, target: /a}]", "mounts: [{source: a, target: W}]", "mounts: [{type: volume, source: W, target: /a}]",
		"mounts: [{type: W, source: a, target: /a}]", "mounts: [{type: tmpfs, target: /a, size: W}]", "hooks: {create: W}", "hooks: {create: [W]}",
		"hooks: {create: {W: a}}", "hooks: {create: {a: W}}",
	} {
		for _, w := range words {
			text := "version: 1\n" + strings.Replace(format, "W", `"`+w+`"`, 1) + "\n"
			taken := len(config.Validate("f", []byte(text))) == 0
			if err := check(t, s, text); taken && err != nil {
				t.Errorf("%s: %v", text, err)
			}
		}
	}
}
