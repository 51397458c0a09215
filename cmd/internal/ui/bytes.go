package ui

import "fmt"

// Bytes writes a size for people, in powers of 1000 as disks are sold.
func Bytes(n int64) string {
	const step = 1000
	if n < step {
		return fmt.Sprintf("%d B", n)
	}
	value, unit := float64(n), -1
	for value >= step && unit < len("kMGTPE")-1 {
		value /= step
		unit++
	}
	if value < 10 {
		return fmt.Sprintf("%.1f %cB", value, "kMGTPE"[unit])
	}
	return fmt.Sprintf("%.0f %cB", value, "kMGTPE"[unit])
}
