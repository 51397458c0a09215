// Package host makes a root file system from this machine's own system
// directories. It answers: what of the machine may a sandbox see, without any
// image? Nothing is copied; all of it is read-only but a private /etc.
package host

import (
	"os"
	"slices"

	"github.com/rootless-sandbox/sandbox/userns"
)

// System lists the top-level directories that hold programs and libraries,
// on distributions of the File System Hierarchy Standard, NixOS and Guix.
func System() []string {
	return []string{"usr", "bin", "sbin", "lib", "lib32", "lib64", "libx32", "opt", "nix", "gnu"}
}

// Ops are the steps that show them in an empty root. etcUpper and etcWork hold
// what is changed in /etc; empty means in memory.
func Ops(etcUpper, etcWork string) []userns.Op {
	ops := make([]userns.Op, 0, 32)
	for _, name := range System() {
		if op, ok := system("/" + name); ok {
			ops = append(ops, op)
		}
	}
	ops = append(ops, userns.Op{Kind: userns.OpOverlay, Target: "/etc", Lower: "/etc", Upper: etcUpper, Work: etcWork, NoSuid: true, Copy: true})
	for _, d := range skeleton() {
		ops = append(ops, userns.Op{Kind: userns.OpMkdir, Target: d.path, Mode: d.mode})
	}
	if os.Geteuid() == 0 {
		ops = append(ops, secrets()...)
	}
	return ops
}

// system shows one directory as it is: where it is a link (bin -> usr/bin), a link.
func system(path string) (userns.Op, bool) {
	st, err := os.Lstat(path)
	if err != nil {
		return userns.Op{}, false
	}
	if st.Mode()&os.ModeSymlink != 0 {
		to, err := os.Readlink(path)
		return userns.Op{Kind: userns.OpSymlink, Source: to, Target: path}, err == nil
	}
	return userns.Op{Kind: userns.OpBind, Source: path, Target: path, ReadOnly: true, NoSuid: true}, st.IsDir()
}

type directory struct {
	path string
	mode uint32
}

// skeleton are the empty directories that programs expect.
func skeleton() []directory {
	return []directory{
		{"/var", 0o755}, {"/var/tmp", 0o1777}, {"/var/lib", 0o755}, {"/var/cache", 0o755}, {"/var/log", 0o755},
		{"/var/spool", 0o755}, {"/home", 0o755}, {"/root", 0o700}, {"/srv", 0o755}, {"/mnt", 0o755}, {"/media", 0o755},
	}
}

// secrets hides what the real root could read and an unprivileged caller could not.
func secrets() []userns.Op {
	var ops []userns.Op
	for _, p := range []string{
		"/etc/shadow", "/etc/shadow-", "/etc/gshadow", "/etc/gshadow-", "/etc/sudoers", "/etc/sudoers.d",
		"/etc/ssh", "/etc/ssl/private", "/etc/NetworkManager/system-connections", "/etc/security/opasswd",
	} {
		ops = append(ops, userns.Op{Kind: userns.OpMask, Target: p})
	}
	return ops
}

// Path keeps those entries of a PATH that exist inside: below the system
// directories, or below those of inPlace, which are shown where they are.
func Path(path string, inPlace ...string) string {
	var kept []byte
	for _, dir := range split(path) {
		if !belowSystem(dir) && !slices.ContainsFunc(inPlace, func(root string) bool { return below(dir, root) }) {
			continue
		}
		if len(kept) > 0 {
			kept = append(kept, ':')
		}
		kept = append(kept, dir...)
	}
	return string(kept)
}
