package proxy

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strconv"
	"time"

	"github.com/rootless-sandbox/sandbox/sandbox/internal/egress"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

// RefusedError: the policy does not allow it.
type RefusedError struct {
	Host string
	Port int
	Why  string
}

func (e *RefusedError) Error() string {
	return net.JoinHostPort(e.Host, strconv.Itoa(e.Port)) + " is refused: " + e.Why
}

// dialer makes the connections that a policy allows, and notes each decision.
type dialer struct {
	policy egress.Policy
	log    *egress.Log
	asker  *asker
	lookup func(ctx context.Context, host string) ([]netip.Addr, error)
}

const dialTimeout = 30 * time.Second

// maxHost is the length of the longest name (RFC 1035). What is longer would make lines of the log that nobody reads.
const maxHost = 253

// dial connects. A name's addresses are looked up once, and what was checked is what is dialled:
// a name that leads elsewhere the next time gains nothing by it.
func (d *dialer) dial(ctx context.Context, host string, port int) (net.Conn, error) {
	host = egress.Host(host)
	if len(host) > maxHost {
		err := &RefusedError{host[:maxHost], port, "no host has a name of that length"}
		d.log.Add(spec.Egress{Time: time.Now(), Host: err.Host, Port: port, Verdict: spec.EgressRefused, Why: err.Why})
		return nil, err
	}
	note := spec.Egress{Time: time.Now(), Host: host, Port: port}
	process := make(chan string, 1) // it waits for the answer meanwhile, and is there to be found
	go func() { process <- d.asker.name(clientOf(ctx)) }()
	conn, err := d.connect(ctx, &note)
	note.Process = <-process
	var refused *RefusedError
	switch {
	case errors.As(err, &refused):
		note.Verdict, note.Rule, note.Why = spec.EgressRefused, "", refused.Why
	case err != nil:
		note.Verdict, note.Why = spec.EgressFailed, err.Error()
	default:
		note.Verdict = spec.EgressAllowed
	}
	d.log.Add(note)
	return conn, err
}

func (d *dialer) connect(ctx context.Context, note *spec.Egress) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	allowed, err := d.addresses(ctx, note)
	if err != nil {
		return nil, err
	}
	err = errors.New("it has no address")
	for _, a := range allowed {
		var conn net.Conn
		note.Address = a.String()
		at := netip.AddrPortFrom(a, uint16(note.Port)).String()
		if conn, err = (&net.Dialer{}).DialContext(ctx, "tcp", at); err == nil {
			return conn, nil
		}
	}
	return nil, err
}

// addresses are those of the host that may be connected to.
func (d *dialer) addresses(ctx context.Context, note *spec.Egress) ([]netip.Addr, error) {
	if a, err := netip.ParseAddr(note.Host); err == nil {
		v := d.policy.Addr(a, note.Port, nil)
		note.Rule = v.Rule
		return []netip.Addr{a.Unmap()}, d.refusal(note, v)
	}
	v, rule := d.policy.Name(note.Host, note.Port)
	if note.Rule = v.Rule; !v.OK() {
		return nil, d.refusal(note, v)
	}
	if rule.Text == "" {
		rule.Text = v.Rule
	}
	all, err := d.lookup(ctx, note.Host)
	if err != nil {
		return nil, err
	}
	var allowed []netip.Addr
	var refused egress.Verdict
	for _, a := range all {
		if v := d.policy.Addr(a, note.Port, &rule); v.OK() {
			allowed = append(allowed, a.Unmap())
		} else {
			refused, note.Address = v, a.Unmap().String()
		}
	}
	if len(allowed) == 0 && len(all) > 0 {
		refused.Why = "its address " + note.Address + " is " + refused.Why
		return nil, d.refusal(note, refused)
	}
	return allowed, nil
}

func (d *dialer) refusal(note *spec.Egress, v egress.Verdict) error {
	if v.OK() {
		return nil
	}
	return &RefusedError{note.Host, note.Port, v.Why}
}

func lookup(ctx context.Context, host string) ([]netip.Addr, error) {
	return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
}
