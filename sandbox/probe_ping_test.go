package sandbox_test

import (
	"net/netip"
	"os"
	"syscall"
)

// probePing sends an echo request to each address and waits for the answer.
func probePing(args []string) map[string]string {
	got := map[string]string{}
	for _, address := range args {
		got[address] = try(ping(address))
	}
	return got
}

// ping needs no capability where the group is in ping_group_range (icmp(7)).
func ping(address string) error {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_DGRAM|syscall.SOCK_CLOEXEC, syscall.IPPROTO_ICMP)
	if err != nil {
		return os.NewSyscallError("socket", err)
	}
	defer func() { _ = syscall.Close(fd) }()
	if err := syscall.SetsockoptTimeval(fd, syscall.SOL_SOCKET, syscall.SO_RCVTIMEO, &syscall.Timeval{Sec: 3}); err != nil {
		return err
	}
	request := []byte{8, 0, 0, 0, 0, 0, 0, 1, 'h', 'e', 'l', 'l', 'o'} // RFC 792; the kernel adds number and sum
	if err := syscall.Sendto(fd, request, 0, &syscall.SockaddrInet4{Addr: netip.MustParseAddr(address).As4()}); err != nil {
		return os.NewSyscallError("sendto", err)
	}
	_, _, err = syscall.Recvfrom(fd, make([]byte, 64), 0)
	return os.NewSyscallError("recvfrom", err)
}
