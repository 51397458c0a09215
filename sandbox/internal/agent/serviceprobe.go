package agent

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

func itoa(n int) string { return strconv.Itoa(n) }

// dialLoopback connects to a port of the sandbox's own loopback, of either family. The
// agent has no package net in it, which would double its size.
func dialLoopback(port int) (*os.File, error) {
	var failed error
	for _, to := range []syscall.Sockaddr{
		&syscall.SockaddrInet4{Port: port, Addr: [4]byte{127, 0, 0, 1}},
		&syscall.SockaddrInet6{Port: port, Addr: [16]byte{15: 1}},
	} {
		family := syscall.AF_INET
		if _, six := to.(*syscall.SockaddrInet6); six {
			family = syscall.AF_INET6
		}
		f, err := dialTo(family, to)
		if err == nil {
			return f, nil
		}
		if failed == nil {
			failed = err
		}
	}
	return nil, fmt.Errorf("port %d: %w", port, failed)
}

func dialTo(family int, to syscall.Sockaddr) (*os.File, error) {
	fd, err := syscall.Socket(family, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	// A blocking socket with a limit: connect(2) and the reads keep to it (socket(7), SO_SNDTIMEO).
	limit := syscall.NsecToTimeval(int64(time.Second))
	_ = syscall.SetsockoptTimeval(fd, syscall.SOL_SOCKET, syscall.SO_SNDTIMEO, &limit)
	limit = syscall.NsecToTimeval(int64(probeTimeout))
	_ = syscall.SetsockoptTimeval(fd, syscall.SOL_SOCKET, syscall.SO_RCVTIMEO, &limit)
	err = syscall.Connect(fd, to)
	for err == syscall.EINTR { // it goes on by itself, and this waits for it (connect(2))
		err = syscall.Connect(fd, to)
	}
	if err != nil && err != syscall.EISCONN {
		_ = syscall.Close(fd)
		return nil, err
	}
	return os.NewFile(uintptr(fd), "socket"), nil
}

// askHTTP gets an address of this sandbox's loopback (RFC 9112) and takes a status of
// 200 to 399 for well.
func askHTTP(address string) error {
	u, err := url.Parse(address)
	if err != nil {
		return err
	}
	port := 80
	if u.Port() != "" {
		if port, err = strconv.Atoi(u.Port()); err != nil {
			return err
		}
	}
	f, err := dialLoopback(port)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	if _, err := io.WriteString(f, "GET "+u.RequestURI()+" HTTP/1.1\r\nHost: "+u.Host+"\r\nUser-Agent: sandbox\r\nAccept: */*\r\nConnection: close\r\n\r\n"); err != nil {
		return err
	}
	line, err := bufio.NewReader(io.LimitReader(f, 512)).ReadString('\n')
	if err != nil {
		return err
	}
	words := strings.Fields(line)
	if len(words) < 2 || !strings.HasPrefix(words[0], "HTTP/1.") {
		return errors.New("no answer of HTTP")
	}
	if code, err := strconv.Atoi(words[1]); err != nil || code < 200 || code > 399 {
		return errors.New("HTTP status " + words[1])
	}
	return nil
}
