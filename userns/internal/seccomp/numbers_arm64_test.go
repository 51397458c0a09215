package seccomp

// Numbers that the package syscall lacks (asm-generic/unistd.h).
const (
	sysSeccomp      = 277
	sysBPF          = 280
	sysUserfaultfd  = 282
	sysIOUringSetup = 425
	sysClone3       = 435
)
