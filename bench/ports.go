package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// ports: what starts to listen inside is reached outside, how soon, and whether every connection counts.
func ports(b *bench) error {
	if b.absent("python3") {
		return nil
	}
	// Without a driver: what carries the bytes is the same with each of them.
	for _, c := range []command{b.sandbox("up", "--network", "none"), b.sandbox("forward", "auto:"+strconv.Itoa(echoPort))} {
		c.env = append(c.env, "SANDBOX_NETWORK_AUTO_FORWARD=true")
		if err := b.must(c); err != nil {
			return err
		}
	}
	inside, err := b.startInside()
	if err != nil {
		return err
	}
	for _, measure := range []func(*bench, *insideProgram) error{portBytes, portsAppear, portConnections} {
		if err = measure(b, inside); err != nil {
			break
		}
	}
	inside.end()
	return errors.Join(err, b.must(b.sandbox("rm")))
}

const (
	echoPort  = 7301
	firstPort = 17400 // of those that come and go
)

// insideProgram listens where it is told: "sends PORT BYTES", "echoes PORT", "ends PORT".
type insideProgram struct {
	to   io.WriteCloser
	from *bufio.Reader
	wait func() error
}

const insideScript = `
import socket, sys, threading
def sends(c, n):
    b = bytes(1 << 20)
    for _ in range(n >> 20): c.sendall(b)
def echoes(c, _):
    while b := c.recv(1 << 16): c.sendall(b)
def serve(c, do, n):
    try: do(c, n)
    except OSError: pass
    c.close()
def accept(s, do, n):
    while True:
        try: c, _ = s.accept()
        except OSError: return
        threading.Thread(target=serve, args=(c, do, n), daemon=True).start()
open_ = {}
for line in sys.stdin:
    word, port, n = (line.split() + ["0"])[:3]
    if word == "ends":
        s = open_.pop(port)
        s.shutdown(socket.SHUT_RDWR)
        s.close()
    else:
        s = open_[port] = socket.create_server(("127.0.0.1", int(port)), backlog=512)
        threading.Thread(target=accept, args=(s, globals()[word], int(n)), daemon=True).start()
    print("done", flush=True)
`

func (b *bench) startInside() (*insideProgram, error) {
	c := b.sandbox("exec", "--", "python3", "-c", insideScript).cmd()
	to, err := c.StdinPipe()
	if err != nil {
		return nil, err
	}
	from, err := c.StdoutPipe()
	if err != nil {
		return nil, err
	}
	c.Stderr = os.Stderr
	return &insideProgram{to, bufio.NewReader(from), c.Wait}, c.Start()
}

func (p *insideProgram) tell(words ...any) error {
	if _, err := fmt.Fprintln(p.to, words...); err != nil {
		return err
	}
	_, err := p.from.ReadString('\n')
	return err
}

func (p *insideProgram) end() { _, _ = p.to.Close(), p.wait() }

// address is what leads to a port inside.
func (b *bench) address(inside int) (string, error) {
	out, err := b.sandbox("ports", "--json").cmd().Output()
	if err != nil {
		return "", err
	}
	var all []struct {
		Inside  int
		Address string
	}
	if err := json.Unmarshal(out, &all); err != nil {
		return "", err
	}
	for _, f := range all {
		if f.Inside == inside {
			return f.Address, nil
		}
	}
	return "", fmt.Errorf("port %d does not lead inside: %s", inside, out)
}

func portBytes(b *bench, inside *insideProgram) error {
	const size = 1 << 30
	if err := inside.tell("sends", echoPort, size); err != nil {
		return err
	}
	address, err := b.address(echoPort)
	if err != nil {
		return err
	}
	var best time.Duration
	for range 5 {
		begin := time.Now()
		c, err := net.Dial("tcp", address)
		if err != nil {
			return err
		}
		n, err := io.Copy(io.Discard, c)
		_ = c.Close()
		if err != nil || n != size {
			return fmt.Errorf("read from %s: %d bytes: %w", address, n, err)
		}
		if took := time.Since(begin); best == 0 || took < best {
			best = took
		}
	}
	b.add("bytes through a forwarded port", fmt.Sprintf("%.1f GB/s", float64(size)/best.Seconds()/1e9), "", noBar)
	return inside.tell("ends", echoPort)
}

// portsAppear: from the listen(2) inside until a byte comes back outside.
func portsAppear(b *bench, inside *insideProgram) error {
	const listeners = 200
	var f figures
	for i := range listeners {
		port := firstPort + i
		l, err := net.Listen("tcp", address(port))
		if err != nil {
			continue // somebody else's
		}
		_ = l.Close()
		begin := time.Now()
		if err := inside.tell("echoes", port); err != nil {
			return err
		}
		for exchange(address(port), []byte("x")) != nil {
			if time.Since(begin) > 10*time.Second {
				return fmt.Errorf("port %d was not forwarded", port)
			}
			time.Sleep(time.Millisecond)
		}
		f = append(f, time.Since(begin))
		if err := inside.tell("ends", port); err != nil {
			return err
		}
	}
	slices.Sort(f)
	p99 := f[len(f)*99/100]
	b.add("listener inside until it is reached outside", fmt.Sprintf("%s, 99 in 100 within %s (n=%d)", ms(f.median()), ms(p99), len(f)), "< 700 ms", judge(p99 < 700*time.Millisecond))
	return nil
}

func address(port int) string { return "127.0.0.1:" + strconv.Itoa(port) }

// portConnections: none is lost, and nothing of them is left.
func portConnections(b *bench, inside *insideProgram) error {
	if err := inside.tell("echoes", echoPort); err != nil {
		return err
	}
	to, err := b.address(echoPort)
	if err != nil {
		return err
	}
	monitor, err := b.monitor()
	if err != nil {
		return err
	}
	before := descriptors(monitor)
	var lost atomic.Int64
	count := func(err error) {
		if err != nil {
			lost.Add(1)
		}
	}
	begin := time.Now()
	var all sync.WaitGroup
	for i := range 200 {
		all.Go(func() {
			if i%4 == 0 {
				count(cut(to))
			} else {
				count(exchange(to, bytes.Repeat([]byte{byte(i)}, 1+i*100)))
			}
		})
	}
	all.Wait()
	const row = 10_000
	for range row {
		count(exchange(to, []byte("hello")))
	}
	took := time.Since(begin)
	left := descriptors(monitor) - before
	for range 50 { // what is kept for the next connections is given back when none comes
		if left <= 0 {
			break
		}
		time.Sleep(100 * time.Millisecond)
		left = descriptors(monitor) - before
	}
	b.add("200 connections at once, and 10,000 in a row", fmt.Sprintf("%d lost, %d descriptors left, %.1f s", lost.Load(), max(left, 0), took.Seconds()), "none", judge(lost.Load() == 0 && left <= 0))
	return nil
}

// exchange sends, ends its side, and wants all of it back.
func exchange(to string, data []byte) error {
	c, err := net.Dial("tcp", to)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	_ = c.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := c.Write(data); err != nil {
		return err
	}
	if err := c.(*net.TCPConn).CloseWrite(); err != nil {
		return err
	}
	back, err := io.ReadAll(c)
	if err == nil && !bytes.Equal(back, data) {
		err = errors.New("something else came back")
	}
	return err
}

// cut ends a connection in the middle (RFC 9293, reset).
func cut(to string) error {
	c, err := net.Dial("tcp", to)
	if err != nil {
		return err
	}
	_, err = c.Write([]byte("x"))
	return errors.Join(err, c.(*net.TCPConn).SetLinger(0), c.Close())
}

// monitor is the process beside the only sandbox of the bench.
func (b *bench) monitor() (int, error) {
	files, err := filepath.Glob(filepath.Join(b.dir, "data/sandbox/sandboxes/*/state.json"))
	if err != nil || len(files) != 1 {
		return 0, fmt.Errorf("state of the sandbox: %q, %w", files, err)
	}
	data, err := os.ReadFile(files[0])
	if err != nil {
		return 0, err
	}
	var state struct{ Monitor struct{ PID int } }
	if err := json.Unmarshal(data, &state); err != nil || state.Monitor.PID == 0 {
		return 0, fmt.Errorf("no monitor: %w", err)
	}
	return state.Monitor.PID, nil
}

func descriptors(pid int) int {
	list, _ := os.ReadDir("/proc/" + strconv.Itoa(pid) + "/fd")
	return len(list)
}
