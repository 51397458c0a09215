package seccomp

// Numbers that the package syscall lacks (asm/unistd_64.h).
const (
	sysSeccomp      = 317
	sysBPF          = 321
	sysUserfaultfd  = 323
	sysIOUringSetup = 425
	sysClone3       = 435
)
