package sockets

import (
	"bufio"
	"encoding/binary"
	"encoding/hex"
	"io"
	"net/netip"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
)

// Socket is one of TCP.
type Socket struct {
	At    netip.AddrPort // of this side
	Inode uint64
	uid   string // of its owner, where a table in /proc has told it
}

// States of sockets in the tables of the kernel (linux/net_tcp_states.h): a UDP socket that is connected to nobody has that of closed ones.
const (
	stateListen = "0A"
	stateBound  = "07"
)

// Listeners reads those of the network of a process from /proc.
func Listeners(pid string) []Socket {
	return append(table(pid, "tcp", stateListen), table(pid, "tcp6", stateListen)...)
}

func table(pid, name, state string) []Socket {
	f, err := os.Open("/proc/" + pid + "/net/" + name)
	if err != nil {
		return nil
	}
	defer func() { _ = f.Close() }()
	return parseTable(f, state)
}

// Network names the network of a process, as ProcessOf takes it.
func Network(pid string) string {
	name, _ := os.Readlink("/proc/" + pid + "/ns/net")
	return name
}

// maxListeners bounds what is taken of a table that anybody inside can fill.
const maxListeners = 1024

// parseTable reads the text of /proc/net/tcp and its like (proc_pid_net(5)).
func parseTable(r io.Reader, state string) []Socket {
	var out []Socket
	for lines := bufio.NewScanner(r); lines.Scan() && len(out) < maxListeners; {
		if l, ok := parseSocket(lines.Text(), state); ok {
			out = append(out, l)
		}
	}
	return out
}

func parseSocket(line, state string) (Socket, bool) {
	f := strings.Fields(line)
	if len(f) < 10 || f[3] != state {
		return Socket{}, false
	}
	ip, port, ok := strings.Cut(f[1], ":")
	if !ok {
		return Socket{}, false
	}
	addr, ok := parseAddr(ip)
	n, err := strconv.ParseUint(port, 16, 16)
	inode, ierr := strconv.ParseUint(f[9], 10, 64)
	if !ok || err != nil || ierr != nil || n == 0 {
		return Socket{}, false
	}
	return Socket{At: netip.AddrPortFrom(addr, uint16(n)), Inode: inode, uid: f[7]}, true
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

// Holder names who has an address of the host, with the process where it is the caller's; "" where nobody has it any more.
func Holder(at netip.AddrPort, udp bool) (who string, pid int) {
	all := Listeners("self")
	if udp {
		all = append(table("self", "udp", stateBound), table("self", "udp6", stateBound)...)
	}
	for _, l := range all {
		same := l.At.Addr() == at.Addr() || l.At.Addr().IsUnspecified() || at.Addr().IsUnspecified()
		if l.At.Port() != at.Port() || !same {
			continue
		}
		if pid, name := ProcessOf(l.Inode, ""); pid != "" {
			number, _ := strconv.Atoi(pid)
			return name + " (process " + pid + ")", number
		}
		if u, err := user.LookupId(l.uid); err == nil && l.uid != strconv.Itoa(os.Getuid()) {
			return "a process of the user " + u.Username, 0
		}
		return "a process of another user", 0
	}
	return "", 0
}

// ProcessOf finds who holds a socket, of the processes whose descriptors the
// caller may see; network, if not empty, is the namespace that they are in.
func ProcessOf(inode uint64, network string) (pid, name string) {
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

// nameOf is what a process calls itself: the first word of the base name of its first argument, which some set to all of
// what they do.
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
	if name := strings.Fields(filepath.Base(arg)); len(name) > 0 {
		return name[0]
	}
	return ""
}
