// Package seccomp answers: which system calls may a process inside make?
//
// The answers are classic BPF programs (seccomp(2), struct sock_filter). They
// are computed when the project is developed and stored as constants, so that
// a start pays for one copy and nothing else. This package installs nothing.
//
// Default is Docker's default profile with three more refusals:
//
//   - ioctl TIOCSTI and TIOCLINUX, which type into the terminal of another process.
//     Only the lower half of the request is compared, as the kernel does; the
//     upper half would be a way around it (CVE-2019-10063).
//   - socketcall(SYS_SOCKET) of the 32-bit x86 interface. Docker refuses AF_ALG to
//     socket(2), but the address family of a socketcall is behind a pointer, where
//     a filter cannot look; Docker closes that way with AppArmor or SELinux, which
//     an unprivileged user cannot load. Every 64-bit process can reach it by int
//     0x80, so leaving it open would undo the refusal of AF_ALG (CVE-2026-31431).
//     The price: 32-bit x86 programs that are linked with a glibc built for
//     kernels before 4.3 (Debian's is), or written in Go, open no socket. The
//     other socketcalls work, on sockets inherited or received.
//   - the x32 interface, which answers ENOSYS as on a kernel without it.
//
// A call that the profile does not name is EPERM, but a number above the highest one
// that it names is ENOSYS: programs then fall back to an older call, as they would
// on an older kernel.
package seccomp

import "runtime"

//go:generate go run ./gen

// Instruction has the layout of the kernel's struct sock_filter.
type Instruction struct {
	Code   uint16
	Jt, Jf uint8
	K      uint32
}

// retAllow is the instruction that returns SECCOMP_RET_ALLOW.
func retAllow() Instruction { return Instruction{Code: 0x06, K: 0x7fff0000} }

// grant names an instruction of the program to replace by retAllow when the
// workload may hold at least one of the capabilities in anyOf.
type grant struct {
	index int
	anyOf uint64
}

// ArchitectureError says that there are no programs for an architecture.
type ArchitectureError struct{ GOARCH string }

func (e *ArchitectureError) Error() string {
	return "choose seccomp program for " + e.GOARCH + ": no profile for this architecture"
}

// Nested stands beside the capabilities of Default: it lets user namespaces and mounts
// through, which the profile gives to CAP_SYS_ADMIN alone.
const Nested = 1 << 63

// Default gives Docker's default profile for a workload that may hold the capabilities
// in caps (bit n is capability number n, capabilities(7)). Bits that name no
// capability and are not Nested are ignored. The caller owns the program. The error is an *ArchitectureError.
func Default(caps uint64) ([]Instruction, error) {
	program := defaultProgram()
	if len(program) == 0 {
		return nil, &ArchitectureError{runtime.GOARCH}
	}
	grants := defaultGrants()
	return grantAll(program, grants[:], caps), nil
}

// grantAll replaces what the bits of caps allow.
func grantAll(program []Instruction, grants []grant, caps uint64) []Instruction {
	for _, g := range grants {
		if caps&g.anyOf != 0 {
			program[g.index] = retAllow()
		}
	}
	return program
}
