// Package egress decides what a sandbox with a filtered network may reach. It
// answers: is a connection to that host and port allowed, by which rule, and what was asked?
//
// The proxy that asks it is package proxy, a process of the whole program.
package egress

import (
	"net/netip"
	"strings"

	"github.com/rootless-sandbox/sandbox/config"
)

// Role is the argv[0] of the proxy's process.
const Role = "sandbox-proxy"

// Descriptors of that process.
const (
	ListenerFD = 3
	ConfigFD   = 4 // Config as JSON, then EOF
	DiagFD     = 5 // see sockets.Diag; there if the first argument names the network of the clients
)

// Config is what the proxy is told.
type Config struct {
	Rules []Rule `json:"rules"`
	// Learn allows whatever is public, and notes it.
	Learn bool   `json:"learn,omitempty"`
	Log   string `json:"log,omitempty"` // a file; empty: none is kept
}

// Rule allows something.
type Rule struct {
	Text   string       `json:"text"` // as it was written
	Host   string       `json:"host,omitempty"`
	Below  bool         `json:"below,omitempty"`
	Prefix netip.Prefix `json:"prefix,omitzero"`
	Port   int          `json:"port,omitempty"`
	// Own: this machine's own settings name the host, which may therefore be one of a private network.
	Own bool `json:"own,omitempty"`
}

func ruleOf(text string, a config.Allow) Rule {
	return Rule{Text: text, Host: a.Host, Below: a.Below, Prefix: a.Prefix, Port: a.Port}
}

func (r Rule) port(port int) bool { return r.Port == 0 || r.Port == port }

func (r Rule) name(host string, port int) bool {
	if r.Host == "" || !r.port(port) {
		return false
	}
	return host == r.Host && !r.Below || r.Below && strings.HasSuffix(host, "."+r.Host)
}

func (r Rule) addr(a netip.Addr, port int) bool {
	return r.Prefix.IsValid() && r.port(port) && r.Prefix.Contains(a)
}

// Policy decides.
type Policy struct {
	Rules []Rule
	Learn bool
}

// Reasons of a refusal.
const (
	NotListed   = "not in network.allow"
	ThisMachine = "an address of this machine, its link or a cloud's metadata"
	PrivateNet  = "a private address; network.allow has to name it as an address"
)

// learned is the rule that a policy allows by while it learns.
const learned = "learn"

// Verdict is a decision: a rule that allows, or why not.
type Verdict struct{ Rule, Why string }

// OK reports whether it is allowed.
func (v Verdict) OK() bool { return v.Why == "" }

// Name decides about a host's name, before anybody is asked for its addresses.
func (p Policy) Name(host string, port int) (Verdict, Rule) {
	for _, r := range p.Rules {
		if r.name(host, port) {
			return Verdict{Rule: r.Text}, r
		}
	}
	if p.Learn {
		return Verdict{Rule: learned}, Rule{}
	}
	return Verdict{Why: NotListed}, Rule{}
}

// Addr decides about an address. by is the rule that allowed the name which led to it; of an address that was asked for
// itself it is nil.
func (p Policy) Addr(a netip.Addr, port int, by *Rule) Verdict {
	a = plain(a)
	if never(a) {
		return Verdict{Why: ThisMachine}
	}
	for _, r := range p.Rules {
		if r.addr(a, port) && (!config.PrivateAddr(a) || config.PrivateAddr(r.Prefix.Addr()) && r.Prefix.Bits() >= 7) {
			return Verdict{Rule: r.Text}
		}
	}
	switch {
	case config.PrivateAddr(a) && (by == nil || !by.Own):
		return Verdict{Why: PrivateNet}
	case by != nil:
		return Verdict{Rule: by.Text}
	case p.Learn:
		return Verdict{Rule: learned}
	}
	return Verdict{Why: NotListed}
}

// Host is a host as rules have it.
func Host(s string) string { return strings.ToLower(strings.TrimSuffix(s, ".")) }
