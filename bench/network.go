package main

import (
	"time"
)

// network: what a network of its own adds to a start.
func network(b *bench) error {
	commands := []command{b.sandbox("run", "--network", "none", "--", "true")}
	names := []string{"pasta", "slirp4netns", "embedded"}
	var measured []string
	for _, name := range names {
		if name != "embedded" && b.absent(name) {
			continue
		}
		c := b.sandbox("run", "--network", "private", "--", "true")
		c.env = append(c.env, "SANDBOX_NETWORK_DRIVER="+name)
		commands, measured = append(commands, c), append(measured, name)
	}
	commands = append(commands, b.sandbox("run", "--network", "filtered", "--", "true"))
	f, err := interleave(b.rounds, commands...)
	if err != nil {
		return err
	}
	b.times("run without a network", f[0])
	for i, name := range measured {
		more := f[i+1].median() - f[0].median()
		if name == "pasta" {
			b.add("  private by pasta adds", ms(more), "<= 20 ms", judge(more <= 20*time.Millisecond))
			continue
		}
		b.add("  private by "+name+" adds", ms(more), "", noBar)
	}
	more := f[len(measured)+1].median() - f[0].median()
	b.add("  filtered adds", ms(more), "<= 5 ms", judge(more <= 5*time.Millisecond))
	return nil
}
