package proxy

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/netip"
	"slices"
	"syscall"
	"time"
)

// SOCKS5, RFC 1928: CONNECT without authentication.
const (
	socksVersion = 5
	socksConnect = 1

	socksIPv4 = 1
	socksName = 3
	socksIPv6 = 4

	socksNoAuth       = 0
	socksNoneAccepted = 0xff

	socksOK          = 0
	socksFailure     = 1
	socksRefused     = 2 // by a rule
	socksUnreachable = 4
	socksNoListener  = 5
	socksNoCommand   = 7
	socksNoAddress   = 8
)

var errSocks = errors.New("no SOCKS5")

// socks serves one connection.
func (d *dialer) socks(ctx context.Context, c net.Conn) {
	_ = c.SetDeadline(time.Now().Add(headerTimeout))
	if greet(c) != nil {
		return
	}
	host, port, code, err := readRequest(c)
	if err != nil {
		return
	}
	var there net.Conn
	if code == socksOK {
		if there, err = d.dial(ctx, host, port); err != nil {
			code = socksCode(err)
		}
	}
	_, err = c.Write([]byte{socksVersion, code, 0, socksIPv4, 0, 0, 0, 0, 0, 0})
	if there == nil {
		return
	}
	defer func() { _ = there.Close() }()
	if err == nil && c.SetDeadline(time.Time{}) == nil {
		join(c, there)
	}
}

func greet(c io.ReadWriter) error {
	var head [2]byte
	if _, err := io.ReadFull(c, head[:]); err != nil || head[0] != socksVersion {
		return errSocks
	}
	methods := make([]byte, head[1])
	if _, err := io.ReadFull(c, methods); err != nil {
		return err
	}
	if !slices.Contains(methods, socksNoAuth) {
		_, _ = c.Write([]byte{socksVersion, socksNoneAccepted})
		return errSocks
	}
	_, err := c.Write([]byte{socksVersion, socksNoAuth})
	return err
}

// readRequest gives the destination, or the code of the answer that there is none.
func readRequest(r io.Reader) (host string, port int, code byte, err error) {
	var head [4]byte
	if _, err := io.ReadFull(r, head[:]); err != nil || head[0] != socksVersion {
		return "", 0, 0, errSocks
	}
	size := map[byte]int{socksIPv4: 4, socksIPv6: 16, socksName: 0}
	n, known := size[head[3]]
	if !known {
		return "", 0, socksNoAddress, nil
	}
	if head[3] == socksName {
		var length [1]byte
		if _, err := io.ReadFull(r, length[:]); err != nil {
			return "", 0, 0, err
		}
		n = int(length[0])
	}
	b := make([]byte, n+2)
	if _, err := io.ReadFull(r, b); err != nil {
		return "", 0, 0, err
	}
	host, port = string(b[:n]), int(binary.BigEndian.Uint16(b[n:]))
	if a, ok := netip.AddrFromSlice(b[:n]); ok && head[3] != socksName {
		host = a.String()
	}
	switch {
	case head[1] != socksConnect:
		return "", 0, socksNoCommand, nil
	case host == "" || port == 0:
		return "", 0, socksNoAddress, nil
	}
	return host, port, socksOK, nil
}

func socksCode(err error) byte {
	var refused *RefusedError
	var dns *net.DNSError
	switch {
	case errors.As(err, &refused):
		return socksRefused
	case errors.Is(err, syscall.ECONNREFUSED):
		return socksNoListener
	case errors.As(err, &dns), errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return socksUnreachable
	}
	return socksFailure
}
