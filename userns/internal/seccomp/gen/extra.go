package main

import "fmt"

const (
	tiocsti   = 0x5412 // push input to a terminal (ioctl_tty(2)); the same on x86 and Arm
	tioclinux = 0x541c // subcode 2 pastes the selection of the console
	sysSocket = 1      // socketcall's number of socket (linux/net.h)
	afPacket  = 17
	afALG     = 38
	afXDP     = 44
)

// nested stands beside the capabilities: user namespaces and mounts in them are let through.
const nested = 1 << 63

// nestedCalls are what container engines need that have no privileges outside: the
// kernel checks the rest by the capabilities of the namespace that they made. Of what
// CAP_SYS_ADMIN allows in the profile, bpf, perf_event_open, syslog and the like are
// not among them; pivot_root no capability allows there.
func nestedCalls() []string {
	return []string{
		"clone", "clone3", "unshare", "setns", "mount", "umount", "umount2", "pivot_root", "mount_setattr", "move_mount", "open_tree",
		"fsopen", "fsconfig", "fsmount", "fspick", "sethostname", "setdomainname",
	}
}

func allowNested(verdicts map[string]verdict) {
	for _, name := range nestedCalls() {
		v, ok := verdicts[name]
		if !ok {
			v = verdict{ret: retEPERM}
		}
		v.grant |= nested
		verdicts[name] = v
	}
}

// refuseMore adds what this project refuses on top of the profile.
func refuseMore(a abi, verdicts map[string]verdict) error {
	if v := verdicts["socket"]; v.inspect == nil || at(v.inspect.segments, afALG).ret == retAllow {
		return fmt.Errorf("refuse AF_ALG: the profile allows it")
	}
	// Frames that a process makes itself go past the routes, and so past what keeps the host's own addresses
	// apart (package netdriver).
	sockets := verdicts["socket"].inspect
	refused := map[uint32]verdict{afPacket: {ret: retEPERM}, afXDP: {ret: retEPERM}}
	sockets.segments = segments(refused, sockets.segments)
	if err := refuse(verdicts, "ioctl", 1, tiocsti, tioclinux); err != nil {
		return err
	}
	if _, multiplexed := a.numbers["socketcall"]; !multiplexed {
		return nil
	}
	return refuse(verdicts, "socketcall", 0, sysSocket)
}

// refuse answers EPERM when the lower half of an argument is one of values. The
// kernel looks at that half only, whatever the upper one holds.
func refuse(verdicts map[string]verdict, name string, arg int, values ...uint32) error {
	if v := verdicts[name]; !v.plain() || v.ret != retAllow {
		return fmt.Errorf("refuse more of %s: the profile does not allow it as a whole", name)
	}
	points := map[uint32]verdict{}
	for _, value := range values {
		points[value] = verdict{ret: retEPERM}
	}
	everything := []segment{{0, verdict{ret: retAllow}}}
	verdicts[name] = verdict{inspect: &inspect{arg: arg, segments: segments(points, everything)}}
	return nil
}
