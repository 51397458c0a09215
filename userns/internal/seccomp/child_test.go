package seccomp

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"testing"
	"unsafe"
)

// The kernel tests start this binary again, as a child that installs a program and
// then tries calls. The environment names the program.
const programVariable = "SECCOMP_TEST_PROGRAM"

// programs names what a child can install.
func programs(name string) ([]Instruction, error) {
	switch name {
	case "none":
		return nil, nil
	case "default":
		return Default(dockerCaps)
	case "admin":
		return Default(dockerCaps | 1<<21) // CAP_SYS_ADMIN
	case "emulation":
		return RootEmulation(), nil
	case "fake":
		return FakeRoot(), nil
	}
	return nil, errors.New("no program of this name")
}

func TestMain(m *testing.M) {
	name, child := os.LookupEnv(programVariable)
	if !child {
		os.Exit(m.Run())
	}
	if err := runChild(name, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "child:", err)
		os.Exit(1)
	}
}

// runChild runs the command in args under the program, or tries all probes without one.
func runChild(name string, args []string) error {
	runtime.LockOSThread()
	if err := becomeNobody(); err != nil {
		return err
	}
	program, err := programs(name)
	if err != nil {
		return err
	}
	if name != "none" {
		if err := install(program); err != nil {
			return fmt.Errorf("install %s: %w", name, err)
		}
	}
	if len(args) > 0 {
		return syscall.Exec(args[0], args, nil)
	}
	answers := map[string]string{}
	for _, p := range probes() {
		answers[p.name] = p.try()
	}
	return json.NewEncoder(os.Stdout).Encode(answers)
}

// becomeNobody makes the answers the same for root and for everybody else.
func becomeNobody() error {
	if os.Getuid() != 0 {
		return nil
	}
	const nobody = 65534
	return errors.Join(syscall.Setgroups(nil), syscall.Setgid(nobody), syscall.Setuid(nobody))
}

// install loads a program for all threads of this process (seccomp(2)).
func install(program []Instruction) error {
	const (
		setNoNewPrivs = 38
		setModeFilter = 1
		flagTSync     = 1
	)
	if _, _, e := syscall.RawSyscall6(syscall.SYS_PRCTL, setNoNewPrivs, 1, 0, 0, 0, 0); e != 0 {
		return os.NewSyscallError("prctl", e)
	}
	prog := struct {
		n      uint16
		filter *Instruction
	}{uint16(len(program)), &program[0]}
	if _, _, e := syscall.RawSyscall(sysSeccomp, setModeFilter, flagTSync, uintptr(unsafe.Pointer(&prog))); e != 0 {
		return os.NewSyscallError("seccomp", e)
	}
	return nil
}

// child prepares a child in an empty directory that it may write to.
func child(t *testing.T, program string, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self, args...)
	cmd.Env = append(os.Environ(), programVariable+"="+program)
	cmd.Dir = t.TempDir()
	if err := os.Chmod(cmd.Dir, 0o777); err != nil {
		t.Fatal(err)
	}
	return cmd
}

// answers gives what the probes answered under a program.
func answers(t *testing.T, program string) map[string]string {
	t.Helper()
	cmd := child(t, program)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatal(err)
	}
	return got
}
