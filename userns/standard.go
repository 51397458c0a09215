package userns

// Standard are the steps that every sandbox begins with: the kernel's file
// systems, masked and read-only as in the OCI runtime specification's default
// for Linux, and private temporary directories.
func Standard() []Op {
	ops := uncovered()
	for _, p := range maskedPaths {
		ops = append(ops, Op{Kind: OpMask, Target: p})
	}
	for _, p := range readonlyPaths {
		ops = append(ops, Op{Kind: OpReadOnly, Target: p})
	}
	return ops
}

func uncovered() []Op {
	return []Op{
		{Kind: OpProc, Target: "/proc"},
		{Kind: OpSys, Target: "/sys"},
		{Kind: OpDev, Target: "/dev"},
		{Kind: OpTmpfs, Target: "/tmp", Mode: 0o1777, Follow: true},
		{Kind: OpTmpfs, Target: "/run", Mode: 0o755, Follow: true},
		{Kind: OpMkdir, Target: "/run/lock", Mode: 0o1777},
	}
}

// The lists of moby's oci/defaults.go.
var maskedPaths = [...]string{
	"/proc/acpi", "/proc/asound", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats",
	"/proc/sched_debug", "/proc/scsi", "/proc/timer_list", "/proc/timer_stats",
	"/sys/devices/virtual/powercap", "/sys/firmware",
}

var readonlyPaths = [...]string{"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"}
