package main

// File types in the mode of mknod (inode(7)).
const (
	fileType = 0o170000
	charDev  = 0o020000
	blockDev = 0o060000
)

// emulated gives the calls that answer success without acting.
func emulated(fakeIDs bool) map[string]verdict {
	out := map[string]verdict{
		"mknod":   devicesOnly(1),
		"mknodat": devicesOnly(2),
	}
	names := []string{
		"capset", "chown", "fchown", "fchownat", "lchown",
		"setfsgid", "setfsuid", "setgid", "setgroups", "setregid",
		"setresgid", "setresuid", "setreuid", "setuid",
	}
	if fakeIDs {
		names = append(names, "getuid", "geteuid", "getgid", "getegid")
	}
	for _, name := range names {
		// The 32 means ids of 32 bits: 32-bit interfaces have the call twice.
		out[name] = verdict{ret: retSuccess}
		out[name+"32"] = verdict{ret: retSuccess}
	}
	// Who may make user namespaces sets the capabilities in them for real.
	out["capset"] = verdict{ret: retSuccess, grant: nested}
	return out
}

// devicesOnly lets mknod make what needs no privilege: files, fifos and sockets.
func devicesOnly(modeArg int) verdict {
	success := verdict{ret: retSuccess}
	points := map[uint32]verdict{charDev: success, blockDev: success}
	all := []segment{{0, verdict{ret: retAllow}}}
	return verdict{inspect: &inspect{arg: modeArg, mask: fileType, segments: segments(points, all)}}
}
