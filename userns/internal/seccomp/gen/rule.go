package main

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// verdicts gives the verdict on every call that the profile names.
func (r rules) verdicts(a abi) (map[string]verdict, error) {
	out := map[string]verdict{}
	for _, s := range r.all {
		for _, name := range s.Names {
			if _, done := out[name]; done {
				continue
			}
			v, err := r.verdict(name)
			if err != nil {
				return nil, fmt.Errorf("resolve rules for %s: %w", name, err)
			}
			out[name] = v
		}
	}
	if err := refuseMore(a, out); err != nil {
		return nil, err
	}
	allowNested(out)
	return named(out), nil
}

// named leaves out calls that the profile names for other architectures only.
func named(all map[string]verdict) map[string]verdict {
	for name, v := range all {
		if v.plain() && v.ret == retEPERM {
			delete(all, name)
		}
	}
	return all
}

// verdict is the one without any capability, and those that turn it into allow.
func (r rules) verdict(name string) (verdict, error) {
	base, err := combine(name, r.applying(0))
	if err != nil {
		return verdict{}, err
	}
	if base.plain() && base.ret == retAllow {
		return base, nil
	}
	for i := range capabilities() {
		with, err := combine(name, r.applying(1<<i))
		if err != nil {
			return verdict{}, err
		}
		if with.plain() && with.ret == retAllow {
			base.grant |= 1 << i
		}
	}
	return base, nil
}

// combine makes one verdict of all rules for a call: it is allowed if any of them allows it.
func combine(name string, all []specs.LinuxSyscall) (verdict, error) {
	var conditions []specs.LinuxSeccompArg
	out := verdict{ret: retEPERM}
	for _, s := range all {
		if !slices.Contains(s.Names, name) {
			continue
		}
		switch {
		case s.Action == specs.ActAllow && len(s.Args) == 0:
			return verdict{ret: retAllow}, nil
		case s.Action == specs.ActAllow && len(s.Args) == 1:
			conditions = append(conditions, s.Args[0])
		case s.Action == specs.ActErrno && len(s.Args) == 0 && s.ErrnoRet != nil:
			out.ret = retErrno | uint32(*s.ErrnoRet)
		default:
			return verdict{}, fmt.Errorf("unknown form: action %s with %d arguments", s.Action, len(s.Args))
		}
	}
	if conditions == nil {
		return out, nil
	}
	in, err := byArgument(conditions, out.ret)
	return verdict{inspect: in}, err
}

// byArgument turns conditions on one argument, any of which allows the call, into ranges of values.
func byArgument(conditions []specs.LinuxSeccompArg, otherwise uint32) (*inspect, error) {
	first := conditions[0]
	if first.Op == specs.OpMaskedEqual && len(conditions) == 1 && first.ValueTwo == 0 && first.Value <= math.MaxUint32 {
		return &inspect{
			arg: int(first.Index), mask: uint32(first.Value),
			segments: []segment{{0, verdict{ret: retAllow}}, {1, verdict{ret: otherwise}}},
		}, nil
	}
	points := map[uint32]verdict{}
	background := []segment{{0, verdict{ret: otherwise}}}
	for _, c := range conditions {
		if c.Index != first.Index || c.Value > math.MaxUint32 {
			return nil, errors.New("unknown form: two arguments, or a value of 64 bits")
		}
		switch {
		case c.Op == specs.OpEqualTo:
			points[uint32(c.Value)] = verdict{ret: retAllow}
		case c.Op == specs.OpLessThan && len(background) == 1 && c.Value > 0:
			background = []segment{{0, verdict{ret: retAllow}}, {uint32(c.Value), verdict{ret: otherwise}}}
		default:
			return nil, fmt.Errorf("unknown form: operator %s", c.Op)
		}
	}
	return &inspect{arg: int(first.Index), wide: true, other: otherwise, segments: segments(points, background)}, nil
}
