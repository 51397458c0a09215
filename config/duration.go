package config

import (
	"fmt"
	"time"
)

// maxDuration bounds what a wait may be told to take.
const maxDuration = 24 * time.Hour

// ParseDuration reads a length of time: 200ms, 1.5s, 10m.
func ParseDuration(s string) (time.Duration, error) {
	d, err := time.ParseDuration(s)
	if err != nil || len(s) > 20 || d <= 0 || d > maxDuration {
		return 0, fmt.Errorf("%s is no length of time: expected something like 200ms, 30s or 10m", quoted(s))
	}
	return d, nil
}

func checkDuration(s string) string {
	if _, err := ParseDuration(s); err != nil {
		return err.Error()
	}
	return ""
}
