package main

import (
	"fmt"
	"strings"
)

const (
	pipeBytes  = 4 << 30
	pipeRounds = 7
)

// pipe: 4 GB through exec, beside the same pipeline without us. exec hands its
// own descriptors inside, so that no byte should pass through the program. The
// pipeline has two processes that work: with more of them than processors it is
// measured how the scheduler shares those between sessions (sched(7), autogroup),
// of which a sandbox is one: `setsid -w cat` in its place is as slow.
func pipe(b *bench) error {
	if err := b.must(b.sandbox("up", "--network", "none")); err != nil {
		return err
	}
	words := make([]string, 0, 4)
	for _, word := range []string{b.program, "exec", "-T", "--"} {
		words = append(words, "'"+strings.ReplaceAll(word, "'", `'\''`)+"'")
	}
	through := b.pipeline(strings.Join(words, " ") + " cat")
	without := b.pipeline("cat")
	f, err := interleave(pipeRounds, through, without)
	if err != nil {
		return err
	}
	rate := func(f figures) float64 { return pipeBytes / 1e9 / f.median().Seconds() }
	ours, peer := rate(f[0]), rate(f[1])
	b.add("4 GB by a pipe through exec -- cat", fmt.Sprintf("%.2f GB/s  (n=%d)", ours, pipeRounds), "", noBar)
	b.add("  the same pipe without us", fmt.Sprintf("%.2f GB/s", peer), "", noBar)
	b.add("  ratio", fmt.Sprintf("%.2f", ours/peer), ">= 0.9", judge(ours/peer >= 0.9))
	return b.must(b.sandbox("rm"))
}

func (b *bench) pipeline(middle string) command {
	script := fmt.Sprintf("head -c %d /dev/zero | %s >/dev/null", int64(pipeBytes), middle)
	return command{name: "pipe", args: []string{"sh", "-c", script}, dir: b.project, env: b.environ()}
}
