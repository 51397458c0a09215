package sys

import "golang.org/x/sys/unix"

// OpenPTY makes a terminal on the devpts whose root pts is; see ioctl_tty(2) for TIOCGPTPEER.
func OpenPTY(pts int, rows, cols uint16) (master, slave int, err error) {
	master, err = OpenIn(pts, "ptmx", unix.O_RDWR|unix.O_NOCTTY, 0, NoLinks)
	if err != nil {
		return -1, -1, err
	}
	err = retry("unlock", "pty", func() error { return unix.IoctlSetPointerInt(master, unix.TIOCSPTLCK, 0) })
	if err == nil {
		slave, err = retryFD("ioctl TIOCGPTPEER", "pty", func() (int, error) {
			fd, _, e := unix.Syscall(unix.SYS_IOCTL, uintptr(master), unix.TIOCGPTPEER,
				unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC)
			if e != 0 {
				return -1, e
			}
			return int(fd), nil
		})
	}
	if err == nil && rows > 0 && cols > 0 {
		err = retry("set size", "pty", func() error {
			return unix.IoctlSetWinsize(master, unix.TIOCSWINSZ, &unix.Winsize{Row: rows, Col: cols})
		})
	}
	if err != nil {
		Close(master)
		return -1, -1, err
	}
	return master, slave, nil
}
