package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// database: how long does it take until PostgreSQL answers, on the data of a stopped server?
// The same program on the same data, asked by the same command, here and as a service.
func database(b *bench) error {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if len(found) == 0 {
		b.notes = append(b.notes, "postgresql is not installed: nothing to compare with")
		return nil
	}
	bin := filepath.Dir(slices.Max(found))
	dir := filepath.Join(b.dir, "database")
	if err := os.MkdirAll(filepath.Join(dir, "socket"), 0o755); err != nil {
		return err
	}
	server := fmt.Sprintf("exec %s/postgres -D data -k %s/socket -c listen_addresses=", bin, dir)
	ready := fmt.Sprintf("%s/pg_isready -q -h %s/socket", bin, dir)
	if err := os.WriteFile(filepath.Join(dir, ".sandbox.yaml"), fmt.Appendf(nil, `version: 1
network: {mode: none}
services:
  db: {command: %q, ready: {command: %q}, stop_signal: SIGINT}
`, server, ready), 0o644); err != nil {
		return err
	}
	host := func(script string) command {
		return command{name: "postgres on the host", args: []string{"sh", "-ec", script}, dir: dir}
	}
	if err := b.must(host(bin + "/initdb -D data -A trust >/dev/null")); err != nil {
		return err
	}
	inside := func(args ...string) command {
		c := b.sandbox(args...)
		c.dir = dir
		return c
	}
	start := host(fmt.Sprintf("(%s) >log 2>&1 & until %s; do sleep 0.005; done", server, ready))
	stop := host(bin + "/pg_ctl -D data -m fast -w stop >/dev/null")
	var ours, peer figures
	for range b.rounds {
		for _, each := range []struct {
			start, stop command
			took        *figures
		}{{inside("up"), inside("down"), &ours}, {start, stop, &peer}} {
			took, err := once(each.start)
			if err != nil {
				return err
			}
			*each.took = append(*each.took, took)
			if err := b.must(each.stop); err != nil {
				return err
			}
		}
	}
	b.times("PostgreSQL ready, as a service: up of a stopped sandbox", ours)
	b.times("  on the host", peer)
	more := ours.median() - peer.median()
	b.add("  more than on the host", ms(more), "<= 50 ms", judge(more <= 50*time.Millisecond))
	return b.must(inside("rm", "--volumes"))
}
