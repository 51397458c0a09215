package sandbox_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// probeReach connects to each address, by whatever route and by each interface
// that there is. The last ones are a packet by UDP that names its interface, and a socket for frames.
func probeReach(args []string) map[string]string {
	got := map[string]string{}
	var mu sync.Mutex
	var all sync.WaitGroup
	for _, address := range args {
		for _, device := range []string{"", "eth0", "lo"} {
			all.Go(func() {
				came := try(reach(address, device))
				mu.Lock()
				defer mu.Unlock()
				got["tcp "+address+" "+device] = came
			})
		}
		sendPacket(address)
	}
	all.Wait()
	for _, family := range []int{syscall.AF_PACKET, 44} {
		fd, err := syscall.Socket(family, syscall.SOCK_RAW, 0)
		got["socket "+strconv.Itoa(family)] = try(err)
		if err == nil {
			_ = syscall.Close(fd)
		}
	}
	return got
}

func reach(address, device string) error {
	d := net.Dialer{Timeout: time.Second}
	d.Control = func(_, _ string, c syscall.RawConn) (err error) {
		if device != "" {
			cerr := c.Control(func(fd uintptr) { err = syscall.BindToDevice(int(fd), device) })
			if cerr != nil {
				return cerr
			}
		}
		return err
	}
	c, err := d.DialContext(context.Background(), "tcp", address)
	if err == nil {
		_ = c.Close()
	}
	return err
}

// sendPacket sends one by UDP with IP_PKTINFO (ip(7)); whoever listens must not get it.
func sendPacket(address string) {
	to, err := net.ResolveUDPAddr("udp4", address)
	if err != nil {
		return
	}
	i, err := net.InterfaceByName("eth0")
	if err != nil {
		return
	}
	c, err := net.ListenUDP("udp4", nil)
	if err != nil {
		return
	}
	defer func() { _ = c.Close() }()
	const size = 12 // struct in_pktinfo
	oob := make([]byte, syscall.CmsgSpace(size))
	binary.NativeEndian.PutUint64(oob, uint64(syscall.CmsgLen(size)))
	binary.NativeEndian.PutUint32(oob[8:], syscall.IPPROTO_IP)
	binary.NativeEndian.PutUint32(oob[12:], syscall.IP_PKTINFO)
	binary.NativeEndian.PutUint32(oob[16:], uint32(i.Index))
	_, _, _ = c.WriteMsgUDP([]byte("x"), oob, to)
}

// probeEcho answers what it is sent, on each address, until it is ended. What it
// answers before are the addresses.
func probeEcho(args []string) map[string]string {
	for _, address := range args {
		if at, ok := strings.CutPrefix(address, "udp:"); ok {
			c, err := net.ListenPacket("udp", at)
			if err != nil {
				return map[string]string{address: err.Error()}
			}
			go echoPackets(c)
			continue
		}
		l, err := net.Listen("tcp", address)
		if err != nil {
			return map[string]string{address: err.Error()}
		}
		go echo(l)
	}
	fmt.Println("ready")
	select {}
}

func echoPackets(c net.PacketConn) {
	b := make([]byte, 1<<16)
	for {
		n, from, err := c.ReadFrom(b)
		if err != nil {
			return
		}
		_, _ = c.WriteTo(b[:n], from)
	}
}

func echo(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			// Not by splice(2), whose pipes package net keeps for a while.
			_, _ = io.Copy(struct{ io.Writer }{c}, struct{ io.Reader }{c})
			_ = c.Close()
		}()
	}
}
