package spec

import "time"

// Verdicts about a connection.
const (
	EgressAllowed = "allowed"
	EgressRefused = "refused"
	EgressFailed  = "failed" // allowed, but nobody answered
)

// Egress is a connection that a sandbox with a filtered network asked for.
type Egress struct {
	Time    time.Time `json:"time"`
	Host    string    `json:"host"` // a name, or an address
	Port    int       `json:"port"`
	Verdict string    `json:"verdict"`
	Rule    string    `json:"rule,omitempty"`    // that allowed it
	Address string    `json:"address,omitempty"` // that was connected to, or refused
	Why     string    `json:"why,omitempty"`
	Process string    `json:"process,omitempty"` // that asked, where that is known
}
