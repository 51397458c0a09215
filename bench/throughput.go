package main

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// throughput: bytes and requests through a network helper and through a forwarded
// port, beside podman with the same helper (slirp4netns, which old podman has too).
func throughput(b *bench) error {
	for _, program := range []string{"slirp4netns", "iperf3", "wrk", "/usr/sbin/nginx"} {
		if b.absent(program) {
			return nil
		}
	}
	address, err := ownAddress()
	if err != nil || b.rootfs == "" {
		b.notes = append(b.notes, "no address but the loopback's, or no root file system: throughput was not measured")
		return nil
	}
	if err := b.addServers(); err != nil {
		return err
	}
	p, err := b.newPodman()
	if p == nil || err != nil {
		return err
	}
	defer p.clean()
	ours, err := b.served()
	if err != nil {
		return err
	}
	defer ours.end()
	theirs, err := p.served()
	if err != nil {
		return err
	}
	defer theirs.end()
	return b.compareServed(address, ours, theirs)
}

// compareServed takes the best of seven in turn: the rate of one connection through a
// stack in user space has two modes on a machine with few processors, whoever started it.
func (b *bench) compareServed(address string, ours, theirs served) error {
	for _, m := range []struct {
		name, unit string
		scale      float64
		of         func(served) (float64, error)
	}{
		{"iperf3 out of it, slirp4netns", "Gbit/s", 1e9, func(s served) (float64, error) { return s.bytesOut(address) }},
		{"iperf3 into it, forwarded port", "Gbit/s", 1e9, func(s served) (float64, error) { return iperf(exec.Command, s.iperf) }},
		{"nginx, forwarded port, wrk", "requests/s", 1, func(s served) (float64, error) { return wrk(s.http) }},
	} {
		var a, c []float64
		for range 7 {
			for _, side := range []struct {
				s    served
				into *[]float64
			}{{ours, &a}, {theirs, &c}} {
				v, err := m.of(side.s)
				if err != nil {
					return fmt.Errorf("%s: %w", m.name, err)
				}
				*side.into = append(*side.into, v)
			}
		}
		ours, theirs := slices.Max(a), slices.Max(c)
		ratio := ours / theirs
		b.add(m.name, fmt.Sprintf("%.4g %s beside %.4g of podman: %.2f x", ours/m.scale, m.unit, theirs/m.scale, ratio), ">= 0.9 x", judge(ratio >= 0.9))
	}
	return nil
}

// served is a container in which iperf3 and nginx listen.
type served struct {
	iperf, http string // addresses of the host
	command     func(name string, args ...string) *exec.Cmd
	end         func()
}

const (
	iperfPort = 7411
	httpPort  = 7412
	servers   = "iperf3 -s -p 7411 >/dev/null & exec nginx -c /nginx.conf -e /dev/stderr"
)

// addServers copies the servers with their libraries into the root file system.
func (b *bench) addServers() error {
	script := `set -e
cd "$1"
mkdir -p usr/bin
for p in "$(command -v iperf3)" /usr/sbin/nginx; do
  cp "$p" usr/bin/
  ldd "$p" | grep -o '/[^ ]*' | while read -r lib; do mkdir -p ".${lib%/*}"; cp -n "$lib" ".$lib"; done
done
echo root:x:0:0::/root:/bin/sh >etc/passwd
echo root:x:0: >etc/group
head -c 1024 /dev/zero >page
cat >nginx.conf <<'END'
user root;
daemon off;
pid /tmp/nginx.pid;
worker_processes 1;
events {worker_connections 512;}
http {
  access_log off;
  client_body_temp_path /tmp/a; proxy_temp_path /tmp/b; fastcgi_temp_path /tmp/c; uwsgi_temp_path /tmp/d; scgi_temp_path /tmp/e;
  server {listen 7412; location / {root /;}}
}
END`
	return b.must(command{args: []string{"sh", "-c", script, "sh", b.rootfs}})
}

func (b *bench) served() (served, error) {
	c := func(args ...string) command {
		s := b.sandbox(args...)
		s.dir = filepath.Join(b.dir, "served")
		return s
	}
	text := fmt.Sprintf("version: 1\nimage: rootfs:../rootfs\nworkspace: {target: /work}\nnetwork: {mode: private, driver: slirp4netns, ports: [\"auto:%d\", \"auto:%d\"], auto_forward: false}\n", iperfPort, httpPort)
	if err := os.MkdirAll(c().dir, 0o755); err != nil {
		return served{}, err
	}
	if err := os.WriteFile(filepath.Join(c().dir, ".sandbox.yaml"), []byte(text), 0o644); err != nil {
		return served{}, err
	}
	if err := b.must(c("up", "--trust")); err != nil {
		return served{}, err
	}
	out, err := c("ports", "--json").cmd().Output()
	if err != nil {
		return served{}, err
	}
	var forwards []struct {
		Inside  int
		Address string
	}
	if err := json.Unmarshal(out, &forwards); err != nil {
		return served{}, err
	}
	s := served{}
	for _, f := range forwards {
		if f.Inside == iperfPort {
			s.iperf = f.Address
		} else {
			s.http = f.Address
		}
	}
	server := c("exec", "--", "sh", "-c", servers).cmd()
	s.command = func(name string, args ...string) *exec.Cmd {
		return c(append([]string{"exec", "--", name}, args...)...).cmd()
	}
	s.end = func() {
		_ = b.must(c("rm"))
		_ = server.Wait()
	}
	if err := server.Start(); err != nil {
		return served{}, err
	}
	return s, answers(s)
}

func (p *podman) served() (served, error) {
	run := p.command("run", "-d", "--network", "slirp4netns", "-p", fmt.Sprintf("127.0.0.1::%d", iperfPort), "-p", fmt.Sprintf("127.0.0.1::%d", httpPort), p.image, "sh", "-c", servers)
	out, err := run.cmd().Output()
	if err != nil {
		return served{}, err
	}
	id := strings.TrimSpace(string(out))
	s := served{end: func() { _ = p.command("rm", "--force", "--time", "0", id).cmd().Run() }}
	s.command = func(name string, args ...string) *exec.Cmd {
		return p.command(append([]string{"exec", id, name}, args...)...).cmd()
	}
	for port, to := range map[int]*string{iperfPort: &s.iperf, httpPort: &s.http} {
		out, err := p.command("port", id, strconv.Itoa(port)).cmd().Output()
		if err != nil {
			return s, err
		}
		*to = strings.TrimSpace(string(out))
	}
	return s, answers(s)
}

// answers waits for the servers.
func answers(s served) error {
	var err error
	for range 100 {
		if _, err = iperf(exec.Command, s.iperf, "-n", "1"); err == nil {
			return nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	return err
}

// bytesOut is a client inside, and a server of the host.
func (s served) bytesOut(address string) (float64, error) {
	l, err := net.Listen("tcp", net.JoinHostPort(address, "0"))
	if err != nil {
		return 0, err
	}
	at := l.Addr().String()
	_ = l.Close()
	host, port, _ := net.SplitHostPort(at)
	server := exec.Command("iperf3", "-s", "-1", "-B", host, "-p", port)
	if err := server.Start(); err != nil {
		return 0, err
	}
	defer func() { _ = server.Process.Kill(); _ = server.Wait() }()
	time.Sleep(200 * time.Millisecond)
	return iperf(s.command, at)
}

// iperf is the rate of one TCP connection in bits a second.
func iperf(command func(string, ...string) *exec.Cmd, address string, more ...string) (float64, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return 0, err
	}
	if len(more) == 0 {
		more = []string{"-t", "2"}
	}
	out, err := command("iperf3", append([]string{"-c", host, "-p", port, "-J"}, more...)...).Output()
	if err != nil {
		return 0, fmt.Errorf("iperf3: %w: %.200s", err, out)
	}
	var result struct {
		End struct {
			Received struct {
				Rate float64 `json:"bits_per_second"`
			} `json:"sum_received"`
		}
	}
	err = json.Unmarshal(out, &result)
	return result.End.Received.Rate, err
}

// wrk is the rate of requests a second.
func wrk(address string) (float64, error) {
	out, err := exec.Command("wrk", "-t", "1", "-c", "16", "-d", "2s", "http://"+address+"/page").Output()
	if err != nil {
		return 0, err
	}
	if strings.Contains(string(out), "Non-2xx") {
		return 0, fmt.Errorf("wrk: not all is well:\n%s", out)
	}
	_, rest, _ := strings.Cut(string(out), "Requests/sec:")
	return strconv.ParseFloat(strings.TrimSpace(strings.SplitN(strings.TrimSpace(rest), "\n", 2)[0]), 64)
}

// ownAddress is one of this machine that is not its loopback's.
func ownAddress() (string, error) {
	all, err := net.InterfaceAddrs()
	for _, a := range all {
		if n, ok := a.(*net.IPNet); ok && n.IP.To4() != nil && !n.IP.IsLoopback() && !n.IP.IsLinkLocalUnicast() {
			return n.IP.String(), nil
		}
	}
	if err == nil {
		err = fmt.Errorf("only the loopback has an address")
	}
	return "", err
}
