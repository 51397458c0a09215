package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/rootless-sandbox/sandbox/config"
	"github.com/rootless-sandbox/sandbox/sandbox"
	"github.com/rootless-sandbox/sandbox/sandbox/feature"
	"github.com/rootless-sandbox/sandbox/sandbox/image/apt"
	"github.com/rootless-sandbox/sandbox/sandbox/image/oci"
	"github.com/rootless-sandbox/sandbox/sandbox/secret"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
	"github.com/rootless-sandbox/sandbox/sandbox/store"
	"github.com/rootless-sandbox/sandbox/sandbox/testrun"
	"github.com/rootless-sandbox/sandbox/sandbox/watch"
	"github.com/rootless-sandbox/sandbox/userns"
)

// errorCase is one error with what the user gets.
type errorCase struct {
	err   error
	code  string
	exit  int
	paste string            // what one of the hints begins with
	files map[string]string // what the machine says
}

func needs(n string) error {
	return fmt.Errorf("start: %w", &userns.Error{Op: "mount tmpfs", Path: "/x", Err: syscall.EPERM, Needs: n})
}

func errorCases() map[string]errorCase {
	const sys = "/proc/sys/"
	return map[string]errorCase{
		"unknown":             {errors.New("surprise"), "SBX0001", 125, "sandbox explain SBX0001", nil},
		"usage":               {usagef("no"), "SBX0002", 2, "sandbox explain SBX0002", nil},
		"interrupted":         {&interruptedError{syscall.SIGINT}, "SBX0003", 130, "sandbox status", nil},
		"terminated":          {&interruptedError{syscall.SIGTERM}, "SBX0003", 143, "sandbox status", nil},
		"no watches":          {&watch.LimitError{Sysctl: "fs.inotify.max_user_watches", Limit: 8192, Used: 90}, "SBX0111", 125, "sudo sysctl fs.inotify.max_user_watches=524288", nil},
		"no instances":        {&watch.LimitError{Sysctl: "fs.inotify.max_user_instances", Limit: 128}, "SBX0111", 125, "sudo sysctl fs.inotify.max_user_instances=1024", nil},
		"nothing to watch":    {&watch.RootError{Root: "/p", Err: fs.ErrPermission}, "SBX0203", 125, "ls -ld /p", nil},
		"inside":              {sandbox.ErrInside, "SBX0004", 125, "exit", nil},
		"no namespaces":       {needs(userns.NeedsUserNamespaces), "SBX0101", 125, "sandbox doctor", nil},
		"max namespaces":      {needs(userns.NeedsUserNamespaces), "SBX0102", 125, "echo user.max_user_namespaces=28633", map[string]string{sys + "user/max_user_namespaces": "0\n"}},
		"not for users":       {needs(userns.NeedsUserNamespaces), "SBX0102", 125, "echo kernel.unprivileged_userns_clone=1", map[string]string{sys + "kernel/unprivileged_userns_clone": "0\n"}},
		"no mount":            {needs(userns.NeedsMount), "SBX0103", 125, "sandbox doctor", nil},
		"apparmor":            {needs(userns.NeedsMount), "SBX0103", 125, "sandbox doctor --print-apparmor", map[string]string{sys + "kernel/apparmor_restrict_unprivileged_userns": "1\n"}},
		"our own fault":       {&userns.Error{Op: "start init", Err: errors.New("it ended"), Needs: userns.NeedsUserNamespaces}, "SBX0101", 125, "sandbox doctor", map[string]string{"/.dockerenv": ""}},
		"docker":              {needs(userns.NeedsUserNamespaces), "SBX0104", 125, "docker run --security-opt", map[string]string{"/.dockerenv": ""}},
		"podman":              {needs(userns.NeedsMount), "SBX0104", 125, "podman run --security-opt", map[string]string{"/run/.containerenv": ""}},
		"old kernel":          {needs(userns.NeedsKernel), "SBX0105", 125, "uname -r", nil},
		"no overlay":          {needs(userns.NeedsOverlay), "SBX0106", 125, "sudo modprobe overlay", nil},
		"no newuidmap":        {needs(userns.NeedsSubIDs), "SBX0107", 125, "sudo apt-get install -y uidmap", map[string]string{"/etc/os-release": "ID=debian\n"}},
		"no range":            {needs(userns.NeedsSubIDs), "SBX0107", 125, "sudo usermod --add-subuids 231072-296607 --add-subgids 231072-296607 me", map[string]string{"PATH/newuidmap": "", "/etc/subuid": "a:100000:65536\nb:165536:65536\n", "/etc/subgid": "a:100000:65536\n"}},
		"range, refused":      {needs(userns.NeedsSubIDs), "SBX0107", 125, "getcap", map[string]string{"PATH/newuidmap": "", "/etc/subuid": "me:100000:65536\n", "/etc/subgid": "me:100000:65536\n"}},
		"no new rights":       {needs(userns.NeedsNewPrivs), "SBX0107", 125, "grep -E 'NoNewPrivs", nil},
		"root without rights": {needs(userns.NeedsSetFCap), "SBX0104", 125, "podman run --cap-add SETFCAP", nil},
		"ids of elsewhere":    {needs(userns.NeedsIDsHere), "SBX0107", 125, "cat /proc/self/uid_map", nil},
		"no proc":             {needs(userns.NeedsProc), "SBX0108", 125, "findmnt -R /proc", nil},
		"no proc, docker":     {needs(userns.NeedsProc), "SBX0108", 125, "docker run", map[string]string{"/.dockerenv": ""}},
		"no network":          {needs(userns.NeedsNetwork), "SBX0110", 125, "sandbox doctor", nil},
		"no helpers":          {needs(userns.NeedsIDHelpers), "SBX0107", 125, "sudo dnf reinstall -y shadow-utils", map[string]string{"/etc/os-release": "ID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"\n"}},
		"env file":            {&sandbox.EnvFileError{Path: "/x/.env", Err: fs.ErrNotExist}, "SBX0207", 125, "ls -l /x/.env", nil},
		"closed directory":    {&userns.Error{Op: "statx", Path: "/g/x", Err: syscall.EACCES}, "SBX0109", 125, "namei -l /g/x", nil},
		"kernel step":         {needs(""), "SBX0109", 125, "sandbox doctor", nil},
		"problems":            {config.Problems{{File: "f", Line: 1, Column: 1, Message: "unknown key", Nearest: "image"}}, "SBX0201", 125, "image:", nil},
		"problem":             {config.Problems{{File: "f", Line: 1, Message: "too large"}}, "SBX0201", 125, "sandbox config schema", nil},
		"problem of a file":   {config.Problems{{File: "f", Message: "too large"}}, "SBX0201", 125, "ls -l f", nil},
		"owner":               {&config.OwnerError{}, "SBX0202", 125, "sandbox config validate", nil},
		"project":             {&sandbox.ProjectError{Dir: "/", Why: "no"}, "SBX0203", 125, "cd ", nil},
		"untrusted":           {&sandbox.UntrustedError{}, "SBX0204", 125, "sandbox trust", nil},
		"rights of root":      {&sandbox.RightsError{Key: "security.nested", Why: "x"}, "SBX0231", 125, "su - USER -c 'sandbox up'", nil},
		"no test":             {&noTestError{"/x"}, "SBX0410", 125, "sandbox test -- ", nil},
		"test's services":     {&testServicesError{"unit", "db"}, "SBX0411", 125, "services: []", nil},
		"test's commit":       {&sandbox.CommitError{Rev: "x", Why: "there is none"}, "SBX0412", 125, "git log", nil},
		"test's record":       {&testrun.RecordError{Why: "no record"}, "SBX0413", 125, "sandbox test --record", nil},
		"no device":           {&sandbox.DeviceError{Path: "/dev/kvm", Err: syscall.ENOENT}, "SBX0230", 125, "sudo modprobe -a kvm_intel kvm_amd", nil},
		"no such device":      {&sandbox.DeviceError{Path: "/dev/a b", Err: fs.ErrNotExist}, "SBX0230", 125, "ls /dev", nil},
		"not a device":        {&sandbox.DeviceError{Path: "/dev/a b", Err: errors.New("not a device")}, "SBX0230", 125, "ls -l '/dev/a b'", nil},
		"declined":            {&declinedError{}, "SBX0204", 125, "sandbox trust", nil},
		"target":              {needs(userns.NeedsTarget), "SBX0205", 125, "sandbox config show", nil},
		"source":              {needs(userns.NeedsSource), "SBX0206", 125, "sandbox config show", nil},
		"image":               {&sandbox.ImageError{Ref: "rootfs:x", Err: fs.ErrNotExist}, "SBX0301", 125, "image: host", nil},
		"image denied":        {&sandbox.ImageError{Ref: "rootfs:x", Err: &fs.PathError{Op: "open", Path: "x", Err: syscall.EACCES}}, "SBX0301", 125, "image: host", nil},
		"packages":            {&sandbox.PackageError{Image: "x", Names: []string{"y"}}, "SBX0305", 125, "packages: ", nil},
		"packages here":       {&sandbox.PackagesError{Image: "host"}, "SBX0305", 125, "image: apt:", nil},
		"no manager":          {&sandbox.NoManagerError{Image: "x"}, "SBX0305", 125, "image: apt:", nil},
		"feature":             {&sandbox.FeatureError{ID: "x", Err: errors.New("no")}, "SBX0320", 125, "sandbox explain", nil},
		"feature of no name":  {&feature.ReferenceError{Written: "x", Why: "no"}, "SBX0320", 125, "features: {", nil},
		"feature's option":    {&feature.OptionError{Feature: "x", Option: "y", Why: "no"}, "SBX0320", 125, "features: {", nil},
		"feature on host":     {&sandbox.FeaturesError{Image: "host"}, "SBX0320", 125, "image: apt", nil},
		"feature of nobody":   {&sandbox.FeatureError{ID: "x", Err: &oci.PullError{Kind: oci.ErrNotFound}}, "SBX0309", 125, "", nil},
		"feature's script":    {&sandbox.FeatureError{ID: "x", Err: &sandbox.BuildError{Args: []string{"sh"}}}, "SBX0321", 125, "sandbox explain", nil},
		"features in circle":  {&feature.CircleError{IDs: []string{"a"}}, "SBX0322", 125, "sandbox explain", nil},
		"features' order":     {&feature.OrderError{ID: "a"}, "SBX0322", 125, "sandbox explain", nil},
		"privileged feature":  {&sandbox.PrivilegedError{ID: "a"}, "SBX0323", 125, "security: {nested", nil},
		"frozen features":     {&sandbox.FrozenError{File: "f", Why: "no"}, "SBX0324", 125, "sandbox up", nil},
		"features' lock":      {&sandbox.LockError{File: "/a b", Err: errors.New("no")}, "SBX0324", 125, "rm '/a b'", nil},
		"feature changed":     {&sandbox.FeatureError{ID: "x", Err: sandbox.ErrFeatureDigest}, "SBX0324", 125, "sandbox explain", nil},
		"step":                {&sandbox.StepError{File: "Dockerfile", Line: 1, Step: "RUN false", Exit: spec.Exit{Code: 1}, Source: []string{"RUN false"}, First: 1, Tail: []string{"x"}}, "SBX0330", 125, "sandbox explain SBX0330", nil},
		"step of files":       {&sandbox.ImageError{Ref: "x", Err: &sandbox.StepError{Err: fs.ErrNotExist}}, "SBX0330", 125, "sandbox explain SBX0330", nil},
		"dockerfile":          {&sandbox.DockerfileError{File: "Dockerfile", Line: 1, Err: errors.New("empty")}, "SBX0331", 125, "sandbox explain SBX0331", nil},
		"dockerfile's base":   {&sandbox.DockerfileError{Err: &sandbox.ImageError{Ref: "x", Err: errors.New("no")}}, "SBX0301", 125, "image: host", nil},
		"build asks":          {&sandbox.StepError{Err: &sandbox.BuildAsksError{What: "RUN --network=host"}}, "SBX0332", 125, "sandbox explain SBX0332", nil},
		"build lacks":         {&sandbox.StepError{Err: &sandbox.MissingSecretError{Type: "secret", ID: "npm"}}, "SBX0333", 125, "sandbox build --secret id=npm,src=FILE", nil},
		"build":               {&sandbox.BuildError{Args: []string{"false"}}, "SBX0304", 125, "sandbox explain", nil},
		"denied by registry":  {&sandbox.ImageError{Ref: "x", Err: &oci.PullError{Ref: "x", Kind: oci.ErrUnauthorized}}, "SBX0307", 125, "docker login", nil},
		"no registry":         {&sandbox.ImageError{Ref: "x", Err: &oci.PullError{Ref: "x", Kind: oci.ErrUnreachable}}, "SBX0308", 125, "registry: ", nil},
		"untrusted registry":  {&sandbox.ImageError{Ref: "x", Err: &oci.PullError{Ref: "x", Kind: oci.ErrCertificate}}, "SBX0312", 125, "registry: {ca_file", nil},
		"no disk for it":      {&sandbox.ImageError{Ref: "x", Err: syscall.ENOSPC}, "SBX0504", 125, "sandbox prune", nil},
		"not in registry":     {&sandbox.ImageError{Ref: "x", Err: &oci.PullError{Ref: "x", Kind: oci.ErrNotFound}}, "SBX0309", 125, "sandbox image ls", nil},
		"no package":          {&sandbox.ImageError{Ref: "x", Err: &apt.MissingError{}}, "SBX0305", 125, "packages: ", nil},
		"no archive":          {&sandbox.ImageError{Ref: "x", Err: &apt.MirrorError{}}, "SBX0310", 125, "apt: {mirror", nil},
		"no suite":            {&sandbox.ImageError{Ref: "x", Err: &apt.StatusError{Code: 404}}, "SBX0310", 125, "image: apt:", nil},
		"no signature":        {&sandbox.ImageError{Ref: "x", Err: &apt.SignatureError{Err: errors.New("bad")}}, "SBX0311", 125, "apt-get install", nil},
		"no image":            {fmt.Errorf("image x: %w", sandbox.ErrNoImage), "SBX0306", 125, "sandbox image ls", nil},
		"user":                {&sandbox.UserError{Name: "x"}, "SBX0302", 125, "sandbox run --as keep", nil},
		"rootfs":              {needs(userns.NeedsRootfs), "SBX0303", 125, "sandbox config show", nil},
		"not found":           {fmt.Errorf("x: %w", sandbox.ErrNotFound), "SBX0401", 125, "sandbox up", nil},
		"not running":         {fmt.Errorf("x: %w", sandbox.ErrNotRunning), "SBX0402", 125, "sandbox up", nil},
		"lost":                {fmt.Errorf("x: %w", sandbox.ErrLost), "SBX0409", 125, "sandbox status", nil},
		"outside alone":       {&sandbox.CommandError{Command: "x", Err: fs.ErrNotExist, Exit: 127}, "SBX0403", 127, `mounts: [{source: "/usr/bin", target: "/usr/bin", readonly: true}]`, map[string]string{"PATH/x": ""}},
		"no path":             {&sandbox.CommandError{Command: "./a/x", Err: fs.ErrNotExist, Exit: 127}, "SBX0403", 127, "sandbox exec -- ls -l a", nil},
		"no directory":        {&cwdError{&fs.PathError{Op: "getwd", Err: fs.ErrNotExist}}, "SBX0203", 125, `cd "$PWD"`, nil},
		"no dockerfile":       {&sandbox.DockerfileError{Err: fmt.Errorf("dockerfile: %w", fs.ErrNotExist)}, "SBX0331", 125, "sandbox build -f FILE", nil},
		"no command":          {&sandbox.CommandError{Command: "x", Err: fs.ErrNotExist, Exit: 127}, "SBX0403", 127, `sandbox exec -- sh -c 'echo "$PATH"'`, nil},
		"quoted line":         {&sandbox.CommandError{Command: "ls | wc", Err: fs.ErrNotExist, Exit: 127}, "SBX0403", 127, `sandbox exec -- sh -c 'ls | wc'`, nil},
		"no program":          {&sandbox.CommandError{Command: "./x", Err: fs.ErrPermission, Exit: 126}, "SBX0404", 126, "sandbox exec -- ls -l ./x", nil},
		"no start":            {&sandbox.CommandError{Command: "x", Err: syscall.ENOMEM, Exit: 125}, "SBX0405", 125, "sandbox explain SBX0405", nil},
		"directory":           {&sandbox.DirError{Dir: "/a b", Err: fs.ErrNotExist}, "SBX0406", 125, "sandbox exec -w / -- ls -ld '/a b'", nil},
		"hook":                {&sandbox.HookError{Name: "create", Code: 2, Tail: []string{"boom"}}, "SBX0407", 125, "sandbox logs", nil},
		"secret variable":     {&secret.Error{Name: "a", From: "variable A", Err: secret.ErrUnset}, "SBX0220", 125, "export A=", nil},
		"secret file":         {fmt.Errorf("x: %w", &secret.Error{Name: "a", From: "file /a b", Err: fs.ErrNotExist}), "SBX0220", 125, "ls -l '/a b'", nil},
		"secret command":      {&secret.Error{Name: "a", From: "command pass", Err: errors.New("exit status 1")}, "SBX0220", 125, "command -v pass", nil},
		"no cache":            {&sandbox.UnknownCacheError{Name: "x"}, "SBX0221", 2, "sandbox cache ls", nil},
		"no volume":           {&sandbox.NoVolumeError{ID: "x"}, "SBX0520", 125, "sandbox volume ls", nil},
		"volume, running":     {&sandbox.VolumeInUseError{ID: "x", By: []string{"a", "b"}, Running: true}, "SBX0521", 125, "sandbox down a b", nil},
		"volume, stopped":     {&sandbox.VolumeInUseError{ID: "x", By: []string{"a"}}, "SBX0521", 125, "sandbox volume rm --force x", nil},
		"volume, run":         {&sandbox.VolumeInUseError{ID: "x", Running: true}, "SBX0521", 125, "sandbox ps", nil},
		"cache, running":      {&sandbox.CacheInUseError{Name: "go", By: []string{"a"}}, "SBX0521", 125, "sandbox down a", nil},
		"volume of others":    {&sandbox.VolumeError{ID: "x", Why: "y"}, "SBX0522", 125, "sandbox volume rm x", nil},
		"no place":            {&store.PlaceError{Why: "no HOME"}, "SBX0501", 125, "mkdir -m 700 /var/tmp/sandbox-$USER && export SANDBOX_DATA_DIR=", nil},
		"foreign place":       {&store.PlaceError{Path: "/tmp/x", Why: "belongs to user 7", Err: syscall.EACCES}, "SBX0501", 125, "ls -ld /tmp/x", nil},
		"runtime place":       {&store.PlaceError{Path: "/run/me/sandbox", Why: "not a directory"}, "SBX0501", 125, "mkdir -m 700 /var/tmp/sandbox-$USER && export SANDBOX_RUNTIME_DIR=", nil},
		"other state":         {&store.VersionError{Path: "/x", Found: 2, Known: 1}, "SBX0502", 125, "sandbox up --recreate", nil},
		"damaged":             {&store.CorruptError{Path: "/x", Err: errors.New("bad")}, "SBX0503", 125, "sandbox up --recreate", nil},
		"reserved target":     {fmt.Errorf("mounts[0]: %w", &sandbox.TargetError{Target: "/proc"}), "SBX0205", 125, "sandbox config show", nil},
		"configured":          {&existsError{".sandbox.yaml"}, "SBX0208", 125, "sandbox up", nil},
		"dev container":       {&devcontainerError{"x"}, "SBX0208", 125, "sandbox init --template NAME", nil},
		"changed":             {&sandbox.ChangedError{Recreate: true, What: []sandbox.Change{{Part: "image", How: "a -> b"}}}, "SBX0408", 125, "sandbox up --recreate", nil},
		"restart":             {&sandbox.ChangedError{Attended: 1}, "SBX0408", 125, "sandbox down && sandbox up", nil},
		"hook is missing":     {&sandbox.HookError{Name: "start", Code: 127, Err: &sandbox.CommandError{Command: "x", Err: syscall.ENOENT, Exit: 127}}, "SBX0407", 125, "sandbox shell", nil},
		"other version":       {sandbox.ErrOtherVersion, "SBX0502", 125, "sandbox up --recreate", nil},
		"full":                {&fs.PathError{Op: "write", Path: "/x", Err: syscall.ENOSPC}, "SBX0504", 125, "df -h /home/me/.local/share/sandbox", nil},
		"quota":               {syscall.EDQUOT, "SBX0504", 125, "df -h", nil},
		"read-only":           {&fs.PathError{Op: "mkdir", Path: "/x", Err: syscall.EROFS}, "SBX0505", 125, "mkdir -m 700", nil},
		"port taken":          {&sandbox.PortError{Address: "127.0.0.1:80", Err: syscall.EADDRINUSE}, "SBX0601", 125, "ss -lnp", nil},
		"port of root":        {&sandbox.PortError{Address: "127.0.0.1:80", Err: syscall.EACCES}, "SBX0601", 125, "sudo sysctl net.ipv4.ip_unprivileged_port_start=80", nil},
		"port of nobody":      {&sandbox.PortError{Address: "192.0.2.1:80", Err: syscall.EADDRNOTAVAIL}, "SBX0601", 125, "ip address", nil},
		"no such forward":     {&sandbox.NotForwardedError{Port: 80}, "SBX0604", 125, "sandbox ports", nil},
		"no driver":           {&sandbox.NoNetworkError{}, "SBX0602", 125, "sandbox doctor", nil},
		"driver fails":        {&sandbox.NetworkError{Driver: "pasta", Err: syscall.EIO}, "SBX0602", 125, "sandbox up --network none", nil},
		"tool unknown":        {&sandbox.ToolHostsError{Tool: "go", Err: syscall.ENOENT}, "SBX0603", 125, "sandbox network learn -- COMMAND", nil},
		"service":             {&sandbox.ServiceError{Name: "db", Why: "exit status 1", Tail: []string{"boom"}}, "SBX0701", 125, "sandbox logs db", nil},
		"no service":          {&sandbox.NoServiceError{Name: "x", Have: []string{"db"}}, "SBX0702", 125, "sandbox service ls", nil},
		"denied":              {&fs.PathError{Op: "open", Path: "/x", Err: syscall.EACCES}, "SBX0506", 125, "ls -ld", nil},
		"one id":              {&sandbox.UserError{Name: "nobody", OneID: true}, "SBX0302", 125, "sudo usermod --add-subuids", nil},
		"full for a mount":    {&userns.Error{Op: "write", Path: "/etc/hostname", Err: syscall.ENOSPC, Needs: userns.NeedsTarget}, "SBX0504", 125, "df -h", nil},
	}
}

func TestEveryErrorHasItsCodeExitAndHint(t *testing.T) {
	for name, c := range errorCases() {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.files = c.files
			b.env["SANDBOX_RUNTIME_DIR"] = "/run/me/sandbox"
			a := &app{world: b.world(), args: []string{"up"}}
			d := a.diagnose(c.err)[0]
			if d.Code != c.code || d.Exit != c.exit {
				t.Errorf("got %s exit %d, want %s exit %d", d.Code, d.Exit, c.code, c.exit)
			}
			if !anyHint(d.Hints, c.paste) {
				t.Errorf("no hint %q in %v", c.paste, d.Hints)
			}
		})
	}
}

func anyHint(hints []hint, prefix string) bool {
	for _, h := range hints {
		if strings.HasPrefix(h.Paste, prefix) {
			return true
		}
	}
	return false
}

func TestEveryCodeIsExplainedAndTested(t *testing.T) {
	tested := map[string]bool{}
	for _, c := range errorCases() {
		tested[c.code] = true
	}
	known := map[string]bool{}
	for _, c := range codes() {
		known[c.ID] = true
		if len(explanation(c.ID)) < 100 {
			t.Errorf("%s has no explanation", c.ID)
		}
		if !tested[c.ID] {
			t.Errorf("%s has no case in errorCases", c.ID)
		}
	}
	for _, id := range codesInSource(t) {
		if !known[id] {
			t.Errorf("%s is used but not in codes()", id)
		}
	}
}

// codesInSource finds every code that the package's files and texts mention.
func codesInSource(t *testing.T) []string {
	t.Helper()
	var found []string
	for _, pattern := range []string{"*.go", "explain/*", "help/*"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			found = append(found, regexp.MustCompile(`SBX\d{4}`).FindAllString(string(text)+filepath.Base(file), -1)...)
		}
	}
	return found
}

func TestARefusalInsideASandboxIsNamed(t *testing.T) {
	b := newBench(t)
	b.env["SANDBOX"] = "1"
	d := (&app{world: b.world()}).diagnose(needs(userns.NeedsUserNamespaces))[0]
	if d.Code != "SBX0004" || !anyHint(d.Hints, "exit") || d.Detail[1] != "cause: inside a sandbox" {
		t.Errorf("got %+v", d)
	}
}

func TestJoinedErrorsAreToldOneByOne(t *testing.T) {
	a := &app{world: newBench(t).world()}
	all := a.diagnose(errors.Join(sandbox.ErrNotFound, sandbox.ErrNotRunning))
	if len(all) != 2 || all[0].Code != "SBX0401" || all[1].Code != "SBX0402" {
		t.Errorf("got %+v", all)
	}
}

func TestQuoteIsSafeToPaste(t *testing.T) {
	for in, want := range map[string]string{
		"plain-1.2/x": "plain-1.2/x", "": "''", "a b": "'a b'", "it's": `'it'\''s'`, "$(x)": "'$(x)'", "~x": "'~x'",
	} {
		if got := quote(in); got != want {
			t.Errorf("quote(%q) = %s, want %s", in, got, want)
		}
	}
}
