package monitor

import (
	"bufio"
	"encoding/binary"
	"encoding/hex"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// listener is a socket that waits for connections.
type listener struct {
	at    netip.AddrPort
	inode uint64
}

// maxListeners bounds what is taken of a table that anybody inside can fill.
const maxListeners = 1024

// readListeners reads those of a process's network.
func readListeners(pid string) []listener {
	var out []listener
	for _, name := range []string{"tcp", "tcp6"} {
		f, err := os.Open("/proc/" + pid + "/net/" + name)
		if err != nil {
			continue
		}
		out = append(out, parseListeners(f)...)
		_ = f.Close()
	}
	return out
}

// parseListeners reads the text of /proc/net/tcp or tcp6 (proc_pid_net(5)).
func parseListeners(r io.Reader) []listener {
	var out []listener
	for lines := bufio.NewScanner(r); lines.Scan() && len(out) < maxListeners; {
		if l, ok := parseListener(lines.Text()); ok {
			out = append(out, l)
		}
	}
	return out
}

const stateListen = "0A"

func parseListener(line string) (listener, bool) {
	f := strings.Fields(line)
	if len(f) < 10 || f[3] != stateListen {
		return listener{}, false
	}
	ip, port, ok := strings.Cut(f[1], ":")
	if !ok {
		return listener{}, false
	}
	addr, ok := parseAddr(ip)
	n, err := strconv.ParseUint(port, 16, 16)
	inode, ierr := strconv.ParseUint(f[9], 10, 64)
	if !ok || err != nil || ierr != nil || n == 0 {
		return listener{}, false
	}
	return listener{netip.AddrPortFrom(addr, uint16(n)), inode}, true
}

// parseAddr reads words of 32 bits as the machine stores them.
func parseAddr(s string) (netip.Addr, bool) {
	b, err := hex.DecodeString(s)
	if err != nil || len(b) != 4 && len(b) != 16 {
		return netip.Addr{}, false
	}
	for w := b; len(w) > 0; w = w[4:] {
		binary.NativeEndian.PutUint32(w, binary.BigEndian.Uint32(w))
	}
	a, ok := netip.AddrFromSlice(b)
	return a, ok
}

// holder names who listens on an address of the host: a process of the caller's.
func holder(at netip.AddrPort) string {
	for _, l := range readListeners("self") {
		same := l.at.Addr() == at.Addr() || l.at.Addr().IsUnspecified() || at.Addr().IsUnspecified()
		if l.at.Port() != at.Port() || !same {
			continue
		}
		if pid, name := processOf(l.inode, ""); pid != "" {
			return name + " (process " + pid + ")"
		}
		return "a process of another user"
	}
	return ""
}

// processOf finds who holds a socket, of the processes whose descriptors the
// caller may see; network, if not empty, is the namespace that they are in.
func processOf(inode uint64, network string) (pid, name string) {
	want := "socket:[" + strconv.FormatUint(inode, 10) + "]"
	dirs, _ := filepath.Glob("/proc/[0-9]*")
	for _, dir := range dirs {
		if network != "" {
			if ns, err := os.Readlink(dir + "/ns/net"); err != nil || ns != network {
				continue
			}
		}
		fds, err := os.ReadDir(dir + "/fd")
		if err != nil {
			continue
		}
		for _, fd := range fds {
			if to, err := os.Readlink(dir + "/fd/" + fd.Name()); err == nil && to == want {
				return filepath.Base(dir), nameOf(dir)
			}
		}
	}
	return "", ""
}

// nameOf is what a process calls itself: the base name of its first argument.
func nameOf(dir string) string {
	f, err := os.Open(dir + "/cmdline")
	if err != nil {
		return ""
	}
	defer func() { _ = f.Close() }()
	b, err := io.ReadAll(io.LimitReader(f, 4096))
	if err != nil {
		return ""
	}
	arg, _, _ := strings.Cut(string(b), "\x00")
	return filepath.Base(arg)
}
