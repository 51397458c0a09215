package sandbox_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/rootless-sandbox/sandbox/sandbox"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
	"github.com/rootless-sandbox/sandbox/userns"
	"github.com/rootless-sandbox/sandbox/userns/capability"
)

func TestCapabilities(t *testing.T) {
	for name, c := range map[string]struct {
		security    spec.Security
		user, bound uint64 // what the user has, and what anybody may ever have
	}{
		"usual":     {spec.Security{}, 0, userns.DefaultCaps},
		"none":      {spec.Security{CapDrop: []string{"ALL"}}, 0, 0},
		"one":       {spec.Security{CapDrop: []string{"ALL"}, CapAdd: []string{"CAP_NET_ADMIN"}}, 1 << 12, 1 << 12},
		"more":      {spec.Security{CapAdd: []string{"CAP_SYS_PTRACE"}}, 1 << 19, userns.DefaultCaps | 1<<19},
		"less":      {spec.Security{CapDrop: []string{"CAP_NET_RAW", "CAP_SETUID"}}, 0, userns.DefaultCaps &^ (1<<13 | 1<<7)},
		"nested":    {spec.Security{Nested: true, CapAdd: []string{"CAP_NET_ADMIN"}}, 1 << 12, userns.DefaultCaps | 1<<12},
		"no filter": {spec.Security{Unfiltered: true}, 0, userns.DefaultCaps},
	} {
		t.Run(name, func(t *testing.T) {
			f := newEngine(t)
			s := f.spec()
			s.Security = c.security
			if s.User.UID == 0 {
				c.user = c.bound // root has what there is
			}
			f.up(s)
			for root, want := range map[bool]uint64{false: c.user, true: c.bound} {
				command := probing(t, "ids")
				command.Root = root
				got := f.results(f.exec(command))
				for set, want := range map[string]uint64{"CapBnd": c.bound, "CapPrm": want, "CapEff": want} {
					if n, err := strconv.ParseUint(got[set], 16, 64); err != nil || n != want {
						t.Errorf("root %v: %s is %s, want %x", root, set, got[set], want)
					}
				}
			}
		})
	}
}

// filters is the number of filters of system calls, and whether rights can be gained.
func (f *fixture) filters() string {
	return strings.TrimSpace(f.sh("sed -n 's/^Seccomp_filters:\t//p; s/^NoNewPrivs:\t//p' /proc/self/status | tr '\\n' ' '"))
}

func TestFiltersAndNewPrivileges(t *testing.T) {
	f := newEngine(t)
	s := f.spec()
	emulation := 0
	if s.IDs == spec.IDsSingle {
		emulation = 1
	}
	for _, c := range []struct {
		security spec.Security
		noNew    int
		filters  int
	}{{spec.Security{}, 0, 1}, {spec.Security{NoNewPrivs: true}, 1, 1}, {spec.Security{Unfiltered: true}, 0, 0}} {
		s.Security = c.security
		f.up(s)
		if got, want := f.filters(), fmt.Sprintf("%d %d", c.noNew, c.filters+emulation); got != want {
			t.Errorf("%+v: got %s, want %s", c.security, got, want)
		}
	}
}

// foreign is a device that no sandbox has by itself; a machine without any has null.
func foreign(t *testing.T) string {
	t.Helper()
	list, err := filepath.Glob("/dev/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range list {
		st, err := os.Lstat(path)
		if err == nil && st.Mode()&os.ModeCharDevice != 0 && !strings.Contains("/dev/null /dev/zero /dev/full /dev/random /dev/urandom /dev/tty", path) {
			return path
		}
	}
	return "/dev/null"
}

func TestDevices(t *testing.T) {
	f := newEngine(t)
	path := foreign(t)
	s := f.spec()
	s.Security.Devices = []string{path}
	f.up(s)
	st, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	n := st.Sys().(*syscall.Stat_t).Rdev
	want := fmt.Sprintf("%x %x", n>>8&0xfff, n&0xff|n>>12&0xfff00)
	if got := f.sh("stat -c '%t %T' " + path); got != want {
		t.Errorf("%s is %s inside, want %s", path, got, want)
	}
	if syscall.Access(path, 6) != nil {
		a := f.exec(asRoot(shell("exec 3<>" + path)))
		if a.exit.Code == 0 {
			t.Errorf("%s can be used inside, and not outside", path)
		}
	}
}

func TestDevicesAreRefused(t *testing.T) {
	dir := t.TempDir()
	for path, want := range map[string]error{"/dev/none": os.ErrNotExist, "/dev/shm": nil, dir: nil} {
		f := newEngine(t)
		s := f.spec()
		s.Security.Devices = []string{path}
		_, _, err := f.Up(t.Context(), s, sandbox.UpOptions{}, nil)
		var device *sandbox.DeviceError
		if !errors.As(err, &device) || device.Path != path || want != nil && !errors.Is(err, want) {
			t.Errorf("%s: got %v", path, err)
		}
		if got := names(t, filepath.Join(f.data, "sandboxes")); len(got) > 1 {
			t.Errorf("%s: left %v", path, got)
		}
	}
}

// A link in the place of a device is refused, wherever it leads.
func TestDeviceThatIsALink(t *testing.T) {
	f := newEngine(t)
	link := filepath.Join(f.project, "zero")
	if err := os.Symlink("/dev/zero", link); err != nil {
		t.Fatal(err)
	}
	s := f.spec()
	s.Security.Devices = []string{link}
	a := f.run(s, shell("true"))
	var e *userns.Error
	if !errors.As(a.err, &e) || e.Needs != userns.NeedsSource || !strings.Contains(a.err.Error(), "a symbolic link is in the way") {
		t.Errorf("got %v", a.err)
	}
}

func TestFilesOfVariablesThatAreSwapped(t *testing.T) {
	top := t.TempDir()
	write(t, filepath.Join(top, "secret"), "A=b\n")
	if err := os.Symlink("secret", filepath.Join(top, ".env")); err != nil {
		t.Fatal(err)
	}
	_, err := sandbox.ReadEnvFiles([]string{filepath.Join(top, ".env")}, host(t), top)
	var file *sandbox.EnvFileError
	if !errors.As(err, &file) || !strings.Contains(err.Error(), "it leads elsewhere now") {
		t.Errorf("got %v", err)
	}
	if got, err := sandbox.ReadEnvFiles([]string{filepath.Join(top, "secret")}, host(t), top); err != nil || len(got) != 1 {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestDevicesThatAreNotOnesOwn(t *testing.T) {
	if os.Getuid() == 0 {
		return // root may use them all
	}
	f := newEngine(t)
	for _, path := range []string{"/dev/kmsg", "/dev/kvm", "/dev/mem", "/dev/hpet", "/dev/vda", "/dev/sda", "/dev/nvme0n1"} {
		if err := syscall.Access(path, 6); err != syscall.EACCES {
			continue
		}
		s := f.spec()
		s.Security.Devices = []string{path}
		a := f.run(s, asRoot(shell("cat "+path+" | head -c1")))
		told := false
		for _, e := range a.events {
			told = told || e.Kind == "degraded" && e.Name == "devices" && strings.HasPrefix(e.Detail, path+" cannot be used inside")
		}
		if !told || a.out != "" {
			t.Errorf("%s: got %+v", path, a)
		}
		return
	}
}

func TestGraphicsThatAreNotThere(t *testing.T) {
	if list, _ := filepath.Glob("/dev/dri/*"); len(list) > 0 {
		return
	}
	f := newEngine(t)
	s := f.spec()
	s.Security.GPU = true
	a := f.run(s, shell("true"))
	if f.good(a); len(a.events) == 0 || a.events[0].Name != "gpu" || !strings.Contains(a.events[0].Detail, "no graphics device") {
		t.Errorf("got %+v", a.events)
	}
}

// Inside a nested sandbox there are namespaces and mounts; what protects the host stays.
func TestNested(t *testing.T) {
	if os.Getuid() == 0 {
		return // refused, see TestRightsThatTheRealRootMayNotGive; and what is tried here would work
	}
	f := newEngine(t)
	s := f.spec()
	s.Security.Nested = true
	s.Workspace.Mode = "ro"
	f.up(s)
	for _, script := range []string{
		"test $(unshare -Ur id -u) = 0",
		"unshare -Urmpf sh -c 'mount -t proc proc /proc && test $(ls -d /proc/[0-9]* | wc -l) -lt 9'",
		"unshare -Urm mount -t tmpfs none /mnt",
		"unshare -Urn true",
	} {
		f.good(f.exec(shell(script)))
	}
	for _, script := range []string{
		"mount -t tmpfs none /mnt",
		"unshare -Urm mount -o remount,bind,rw " + f.project,
		"unshare -Urm umount " + f.project,
		"unshare -Urm sh -c 'umount -l " + f.project + "; touch " + f.project + "/x'",
		"unshare -Ur touch " + f.project + "/x",
		"echo x > /proc/sysrq-trigger",
		"echo 1 > /proc/sys/kernel/dmesg_restrict",
		"unshare -Ur sh -c 'echo x > /proc/sys/kernel/core_pattern'",
		"cat /proc/kcore | head -c1 | grep .",
	} {
		for _, c := range []spec.Command{shell(script), asRoot(shell(script))} {
			if a := f.exec(c); a.exit.Code == 0 {
				t.Errorf("%s worked, root %v: %s", script, c.Root, a.out)
			}
		}
	}
	f.eachUser("calls", nil, wantRefused)
	f.eachUser("keys", nil, func(t *testing.T, got map[string]string) {
		delete(got, "/proc/keys") // not covered; the calls that would use one are refused
		wantRefused(t, got)
	})
}

// The real root owns /proc: what covers it is all that stands before the host.
func TestRightsThatTheRealRootMayNotGive(t *testing.T) {
	h := host(t)
	for _, c := range []struct {
		text string
		key  string
	}{
		{"security: {nested: true}", "security.nested"},
		{"security: {capabilities: {add: [sys_admin]}}", "security.capabilities.add"},
		{"security: {capabilities: {add: [NET_ADMIN]}}", ""},
	} {
		w := newTrusting(t)
		l := w.load(w.project, c.text+"\n")
		for uid, want := range map[int]string{0: c.key, 1000: ""} {
			h.UID = uid
			_, _, err := sandbox.Plan(l, h, sandbox.Request{Trust: true})
			var rights *sandbox.RightsError
			if errors.As(err, &rights) != (want != "") || rights != nil && rights.Key != want {
				t.Errorf("%s, user %d: got %v", c.text, uid, err)
			}
		}
	}
}

func TestEveryCapabilityHasAName(t *testing.T) {
	if capability.All()&userns.DefaultCaps != userns.DefaultCaps {
		t.Error("the default set has one that has none")
	}
}

// A link that was put in the place of what was looked at leads nowhere.
func TestThreat33MountSourceIsSwapped(t *testing.T) {
	f := newEngine(t)
	out := t.TempDir()
	if err := os.Symlink(out, filepath.Join(f.project, "link")); err != nil {
		t.Fatal(err)
	}
	for _, source := range []string{"link", "link/none/.."} {
		s := f.spec()
		s.Mounts = append(s.Mounts, spec.Mount{Type: "bind", Source: filepath.Join(f.project, source), Exact: true, Target: "/x"})
		a := f.run(s, shell("ls /x"))
		var e *userns.Error
		if !errors.As(a.err, &e) || e.Needs != userns.NeedsSource || !strings.Contains(a.err.Error(), "a symbolic link is in the way") {
			t.Errorf("%s: got %v", source, a.err)
		}
	}
}
