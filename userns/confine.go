package userns

import (
	"os"
	"syscall"

	"github.com/rootless-sandbox/sandbox/userns/internal/seccomp"
	"github.com/rootless-sandbox/sandbox/userns/internal/sys"
)

// DefaultCaps is Docker's default capability set, as bits by capability number:
// CHOWN, DAC_OVERRIDE, FOWNER, FSETID, KILL, SETGID, SETUID, SETPCAP,
// NET_BIND_SERVICE, NET_RAW, SYS_CHROOT, MKNOD, AUDIT_WRITE, SETFCAP.
const DefaultCaps uint64 = 1<<0 | 1<<1 | 1<<3 | 1<<4 | 1<<5 | 1<<6 | 1<<7 | 1<<8 |
	1<<10 | 1<<13 | 1<<18 | 1<<27 | 1<<29 | 1<<31

const capSysAdmin = 1 << 21

// Emulation says what system calls that need more than one id pretend.
type Emulation int

// Emulations of root where only one id is mapped.
const (
	NoEmulation Emulation = iota
	EmulateRoot           // changes of owner and of id succeed without acting
	FakeRoot              // and the process is told that it is user 0
)

// ConfineThread restricts the calling thread, to which the goroutine is locked,
// and all that it starts: a session keyring of its own, the capabilities caps
// and no others ever again, Docker's seccomp profile.
func ConfineThread(caps uint64, e Emulation) error {
	if err := sys.NewSessionKeyring(); err != nil && !missing(err) {
		return err
	}
	if err := sys.BoundThread(caps); err != nil {
		return err
	}
	profile, err := seccomp.Default(caps)
	if err != nil {
		return err
	}
	if e == NoEmulation {
		if err := sys.InstallFilter(profile); err != nil {
			return err
		}
		return sys.SetThreadCaps(caps, 0)
	}
	return emulate(caps, e, profile)
}

// emulate installs the filters last: they swallow capset. The thread keeps
// CAP_SYS_ADMIN, which installing a filter takes, but what it starts does not:
// an exec computes the capabilities anew from the bounding and the ambient set.
func emulate(caps uint64, e Emulation, profile []seccomp.Instruction) error {
	ambient, filter := uint64(0), seccomp.RootEmulation()
	if e == FakeRoot {
		ambient, filter = caps, seccomp.FakeRoot()
	}
	if err := sys.SetThreadCaps(caps|capSysAdmin, ambient); err != nil {
		return err
	}
	if err := sys.InstallFilter(profile); err != nil {
		return err
	}
	return sys.InstallFilter(filter)
}

// DropCaps leaves every thread of the process with no more than caps.
func DropCaps(caps uint64) error { return sys.SetCaps(caps) }

// missing: a kernel without keyrings.
func missing(err error) bool {
	no, _ := errnoOf(err)
	return syscall.Errno(no) == syscall.ENOSYS
}

// Outlive undoes DieWithParent, on the thread that called Enter.
func Outlive() error { return sys.Outlive() }

// Terminals makes pseudo-terminals on the devpts of this sandbox.
type Terminals struct{ dir int }

// OpenTerminals must be called before anything else runs inside: /dev can be changed later.
func OpenTerminals() (*Terminals, error) {
	fd, err := sys.OpenPath("/dev/pts")
	return &Terminals{dir: fd}, err
}

// Open makes a new terminal of a size. The slave is opened through the master, never by name.
func (t *Terminals) Open(rows, cols uint16) (master, slave *os.File, err error) {
	m, s, err := sys.OpenPTY(t.dir, rows, cols)
	if err != nil {
		return nil, nil, err
	}
	return os.NewFile(uintptr(m), "ptmx"), os.NewFile(uintptr(s), "pts"), nil
}

// CheckDir reports why path cannot be a working directory. It does not go
// through links of /proc to descriptors, which could lead out.
func CheckDir(path string) error {
	root, err := sys.OpenPath("/")
	if err != nil {
		return err
	}
	defer sys.Close(root)
	fd, err := sys.OpenIn(root, path, oPath|syscall.O_DIRECTORY, 0, sys.InRoot)
	if err != nil {
		return err
	}
	sys.Close(fd)
	return nil
}
