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

// Confinement says what the processes that a thread starts may do.
type Confinement struct {
	Caps       uint64 // the capabilities that they may ever have
	Ambient    uint64 // the part of Caps that whoever is not root has as well
	Unfiltered bool   // all system calls, instead of Docker's profile
	Nested     bool   // the profile, with user namespaces and mounts in them
	NoNewPrivs bool   // nothing is gained by set-user-id files
	Emulation  Emulation
}

// Kept is what threads that start confined processes need for themselves: to become
// other users, whatever those may do then.
func (c Confinement) Kept() uint64 { return DefaultCaps | c.Caps }

// SetsCaps: a process inside may make user namespaces, so that the emulation of root
// does not swallow its capset.
func (c Confinement) SetsCaps() bool { return c.Nested || c.Unfiltered }

// ConfineThread restricts the calling thread, to which the goroutine is locked,
// and all that it starts: a session keyring of its own, the capabilities of c
// and no others ever again, Docker's seccomp profile.
func ConfineThread(c Confinement) error {
	if err := sys.NewSessionKeyring(); err != nil && !noKeyrings(err) {
		return err
	}
	if err := sys.BoundThread(c.Caps); err != nil {
		return err
	}
	if c.NoNewPrivs {
		if err := sys.NoNewPrivs(); err != nil {
			return err
		}
	}
	profile, err := c.profile()
	if err != nil {
		return err
	}
	if c.Emulation == NoEmulation {
		if err := install(profile); err != nil {
			return err
		}
		return sys.SetThreadCaps(c.Kept(), 0)
	}
	return c.emulate(profile)
}

// profile is the filter of system calls; empty where there is to be none.
func (c Confinement) profile() ([]seccomp.Instruction, error) {
	switch {
	case c.Unfiltered:
		return nil, nil
	case c.Nested:
		return seccomp.Default(c.Caps | seccomp.Nested)
	}
	return seccomp.Default(c.Caps)
}

func install(filter []seccomp.Instruction) error {
	if len(filter) == 0 {
		return nil
	}
	return sys.InstallFilter(filter)
}

// emulate installs the filters last: they swallow capset. The thread keeps
// CAP_SYS_ADMIN, which installing a filter takes, but what it starts does not:
// an exec computes the capabilities anew from the bounding and the ambient set.
func (c Confinement) emulate(profile []seccomp.Instruction) error {
	ambient, filter := c.Ambient, seccomp.RootEmulation
	switch {
	case c.Emulation == FakeRoot && c.SetsCaps():
		ambient, filter = c.Caps, seccomp.FakeRootNested
	case c.Emulation == FakeRoot:
		ambient, filter = c.Caps, seccomp.FakeRoot
	case c.SetsCaps():
		filter = seccomp.RootEmulationNested
	}
	if err := sys.SetThreadCaps(c.Kept()|capSysAdmin, ambient); err != nil {
		return err
	}
	if err := install(profile); err != nil {
		return err
	}
	return install(filter())
}

// DropCaps leaves every thread of the process with no more than caps.
func DropCaps(caps uint64) error { return sys.SetCaps(caps) }

// noKeyrings: a kernel without them, or a container around this whose filter refuses
// them, to everything inside as well.
func noKeyrings(err error) bool {
	no, _ := errnoOf(err)
	return syscall.Errno(no) == syscall.ENOSYS || syscall.Errno(no) == syscall.EPERM
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
