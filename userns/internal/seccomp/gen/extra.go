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
