package host

import (
	"os"
	"path"
	"slices"
	"testing"

	"github.com/rootless-sandbox/sandbox/userns"
)

func TestOps(t *testing.T) {
	ops := Ops("/data/upper", "/data/work")
	var targets []string
	for _, op := range ops {
		if !path.IsAbs(op.Target) || path.Clean(op.Target) != op.Target || op.Follow || slices.Contains(targets, op.Target) {
			t.Errorf("target of %+v", op)
		}
		targets = append(targets, op.Target)
		checkOp(t, op)
	}
	for _, want := range []string{"/usr", "/bin", "/etc", "/var/tmp", "/home", "/root"} {
		if !slices.Contains(targets, want) {
			t.Errorf("%s is missing", want)
		}
	}
	for _, never := range []string{"/", "/proc", "/sys", "/dev", "/run", "/tmp", "/boot"} {
		if slices.Contains(targets, never) {
			t.Errorf("%s is among them", never)
		}
	}
}

// checkOp: what is of the host cannot be written, and gives nobody rights.
func checkOp(t *testing.T, op userns.Op) {
	t.Helper()
	switch op.Kind {
	case userns.OpBind:
		st, err := os.Lstat(op.Source)
		if err != nil || !st.IsDir() || op.Source != op.Target {
			t.Errorf("%+v: %v", op, err)
		}
		if !op.ReadOnly || !op.NoSuid || op.Optional {
			t.Errorf("%s can be written, or raises rights: %+v", op.Target, op)
		}
	case userns.OpSymlink:
		if to, err := os.Readlink(op.Target); err != nil || to != op.Source {
			t.Errorf("%+v: it leads to %q, %v", op, to, err)
		}
	case userns.OpOverlay:
		want := userns.Op{
			Kind: userns.OpOverlay, Target: "/etc", Lower: "/etc", Upper: "/data/upper", Work: "/data/work", NoSuid: true, Copy: true,
		}
		if op != want {
			t.Errorf("got %+v, want %+v", op, want)
		}
	case userns.OpMkdir:
		if op.Mode == 0 {
			t.Errorf("%s without a mode", op.Target)
		}
	case userns.OpMask:
		if os.Geteuid() != 0 {
			t.Errorf("%s is masked, which %d cannot read anyway", op.Target, os.Geteuid())
		}
	default:
		t.Errorf("an unexpected step: %+v", op)
	}
}

// TestOrder: a directory in another comes after it, and a mask after what it covers.
func TestOrder(t *testing.T) {
	made := map[string]bool{"/": true}
	for _, op := range Ops("", "") {
		if up := path.Dir(op.Target); !made[up] && op.Kind != userns.OpMask {
			t.Errorf("%s comes before %s", op.Target, up)
		}
		if op.Kind == userns.OpMask && !made["/etc"] {
			t.Errorf("%s is masked before /etc is there", op.Target)
		}
		made[op.Target] = true
	}
}

// TestSecrets: the real root could show them; an unprivileged caller could not.
func TestSecrets(t *testing.T) {
	var masked []string
	for _, op := range secrets() {
		if op.Kind != userns.OpMask {
			t.Errorf("got %+v", op)
		}
		masked = append(masked, op.Target)
	}
	for _, want := range []string{"/etc/shadow", "/etc/gshadow", "/etc/sudoers", "/etc/ssh"} {
		if !slices.Contains(masked, want) {
			t.Errorf("%s is not masked", want)
		}
	}
}

func TestSystemOfAFile(t *testing.T) {
	for _, p := range []string{"/nonexistent", "/proc/self/stat"} {
		if op, ok := system(p); ok {
			t.Errorf("%s is shown: %+v", p, op)
		}
	}
}

func TestPath(t *testing.T) {
	const project = "/home/me/p"
	for _, c := range []struct{ name, path, project, want string }{
		{"empty", "", project, ""},
		{"the system's", "/usr/local/bin:/usr/bin:/bin:/sbin", project, "/usr/local/bin:/usr/bin:/bin:/sbin"},
		{"not there inside", "/home/me/.local/bin:/usr/bin:/snap/bin", project, "/usr/bin"},
		{"the project's", "/home/me/p/bin:/home/me/p:/usr/bin", project, "/home/me/p/bin:/home/me/p:/usr/bin"},
		{"beside the project", "/home/me/p2/bin:/home/me", project, ""},
		{"no project", "/home/me/p/bin:/usr/bin", "", "/usr/bin"},
		{"relative and empty entries", ":bin:./x:/usr/bin:", project, "/usr/bin"},
		{"entries that are not clean", "/usr//bin/:/usr/../home/me/x:/home/me/p/../q", project, "/usr/bin"},
		{"a name that begins alike", "/usrlocal/bin:/binx:/optional", project, ""},
		{"a mount that is in place", "/home/me/tools/bin:/home/me/other", "/home/me/tools", "/home/me/tools/bin"},
		{"others of the system", "/opt/tool/bin:/nix/store/x/bin:/gnu/store/y/bin", project, "/opt/tool/bin:/nix/store/x/bin:/gnu/store/y/bin"},
	} {
		if got := Path(c.path, c.project); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}
