package main

import (
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
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

// ports: bytes through a forwarded port, beside the same without one.
func ports(b *bench) error {
	if b.absent("python3") {
		return nil
	}
	if err := b.must(b.sandbox("up", "--network", "none")); err != nil {
		return err
	}
	const inside = 7301
	if err := b.must(b.sandbox("forward", "auto:"+strconv.Itoa(inside))); err != nil {
		return err
	}
	out, err := b.sandbox("ports").cmd().Output()
	if err != nil {
		return err
	}
	fields := strings.Fields(string(out))
	address := fields[len(fields)-4]
	const size = 1 << 30
	server := b.sandbox("exec", "--", "python3", "-c", fmt.Sprintf(`
import socket
s = socket.create_server(("127.0.0.1", %d))
b = bytes(1 << 20)
while True:
    c, _ = s.accept()
    try:
        for _ in range(%d): c.sendall(b)
    except OSError: pass
    c.close()
`, inside, size>>20)).cmd()
	if err := server.Start(); err != nil {
		return err
	}
	defer func() { _ = server.Process.Kill(); _ = server.Wait() }()
	var best time.Duration
	for range 5 {
		took, err := fetch(address, size)
		if err != nil {
			return err
		}
		if best == 0 || took < best {
			best = took
		}
	}
	b.add("bytes through a forwarded port", fmt.Sprintf("%.1f GB/s", float64(size)/best.Seconds()/1e9), "", noBar)
	return b.must(b.sandbox("rm"))
}

// fetch reads to the end; a server that is not there yet is waited for.
func fetch(address string, size int64) (time.Duration, error) {
	for range 100 {
		begin := time.Now()
		c, err := net.Dial("tcp", address)
		if err != nil {
			return 0, err
		}
		n, _ := io.Copy(io.Discard, c)
		_ = c.Close()
		if n == size {
			return time.Since(begin), nil
		}
		time.Sleep(20 * time.Millisecond)
	}
	return 0, fmt.Errorf("read from %s: not all of it came", address)
}
