package config_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rootless-sandbox/sandbox/config"
)

func requests(t *testing.T, top string, environ []string, flags map[string]string) []string {
	t.Helper()
	l, err := loaded(t, top, environ, flags)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, r := range l.HostRequests() {
		file, err := filepath.Rel(l.Project.Dir, r.Origin.File)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, strings.ReplaceAll(file+": "+r.What, top, "TOP"))
	}
	return all
}

func TestHostRequests(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"nothing":                      {"image: host", ""},
		"hooks of git":                 {"git_hooks: allow", "that commands inside may change the hooks and settings which git outside runs"},
		"no hooks of git":              {"git_hooks: readonly", ""},
		"ssh agent":                    {"ssh_agent: true", "your ssh agent: commands inside can log in wherever its keys let you"},
		"host network":                 {"network: {mode: host}", "the network of this host, with whatever listens on its loopback interface"},
		"ports of this machine alone":  {"network: {ports: ['8080', '127.0.0.1:1:1', '[::1]:1:1']}", ""},
		"ports for others":             {"network: {ports: ['0.0.0.0:1:1']}", "a port that other machines reach: 0.0.0.0:1:1"},
		"a port of the host":           {"network: {host_loopback: [5432]}", "port 5432 of this host's loopback interface"},
		"bind of a path":               {"mounts: [{source: /etc, target: /x}]", "bind mount of /etc at /x, writable"},
		"bind of home":                 {"mounts: [{source: ~/.ssh, target: ~/.ssh, readonly: true}]", "bind mount of TOP/h/.ssh at ~/.ssh, read-only"},
		"bind of all of home":          {"mounts: [{source: '~', target: /x}]", "bind mount of TOP/h at /x, writable"},
		"bind of the parent":           {"mounts: [{source: .., target: /x}]", "bind mount of TOP at /x, writable"},
		"bind that climbs":             {"mounts: [{source: sub/../../h, target: /x}]", "bind mount of TOP/h at /x, writable"},
		"bind of a neighbour":          {"mounts: [{source: ../p2, target: /x}]", "bind mount of TOP/p2 at /x, writable"},
		"bind of what is not there":    {"mounts: [{source: ../none/x, target: /x}]", "bind mount of TOP/none/x at /x, writable"},
		"bind through a link":          {"mounts: [{source: out, target: /x}]", "bind mount of TOP/p/out (it leads to TOP/h) at /x, writable"},
		"bind below a link":            {"mounts: [{source: out/none, target: /x}]", "bind mount of TOP/p/out/none (it leads to TOP/h/none) at /x, writable"},
		"bind through a link to none":  {"mounts: [{source: dangling, target: /x}]", "bind mount of TOP/p/dangling (a link that leads nowhere now) at /x, writable"},
		"bind below a link to none":    {"mounts: [{source: dangling/x, target: /x}]", "bind mount of TOP/p/dangling/x (a link that leads nowhere now) at /x, writable"},
		"bind through a loop":          {"mounts: [{source: loop, target: /x}]", "bind mount of TOP/p/loop (a link that leads nowhere now) at /x, writable"},
		"bind of the project":          {"mounts: [{source: ., target: /x}, {source: sub/.., target: /y}]", ""},
		"bind inside":                  {"mounts: [{source: sub, target: /x}, {source: stays, target: /y}, {source: sub/none, target: /z}]", ""},
		"bind by an absolute path":     {"mounts: [{source: TOP/p/sub, target: /x}]", ""},
		"volume and tmpfs":             {"mounts: [{type: volume, source: v, target: /x}, {type: tmpfs, target: /y}]", ""},
		"root file system outside":     {"image: rootfs:../r", "root file system TOP/r"},
		"root file system by a link":   {"image: rootfs:out/r.tar", "root file system TOP/p/out/r.tar (it leads to TOP/h/r.tar)"},
		"root file system inside":      {"image: rootfs:sub", ""},
		"variables from outside":       {"env_file: [sub/.env, ~/.env]", "variables from the file TOP/h/.env"},
		"variables through a link":     {"env_file: [out/.env]", "variables from the file TOP/p/out/.env (it leads to TOP/h/.env)"},
		"secret of the environment":    {"secrets: [{name: s, env: TOKEN}]", "the variable TOKEN of your environment as the secret s"},
		"secret of a command":          {"secrets: [{name: s, command: [pass, 'a b']}]", "at each start, what this command prints that runs on this host: [pass, a b], as the secret s"},
		"secret of home":               {"secrets: [{name: s, file: ~/.s}]", "the file TOP/h/.s as the secret s"},
		"secret that climbs":           {"secrets: [{name: s, file: sub/../../h/s}]", "the file TOP/h/s as the secret s"},
		"secret inside":                {"secrets: [{name: s, file: sub/s}, {name: t, file: out/s}]", ""}, // no link is followed out
		"caches":                       {"caches: [go]", ""},
		"caches of the project":        {"cache_scope: project", ""},
		"caches shared all the same":   {"cache_scope: user", "caches that are shared with your other projects, whatever your own settings say"},
		"a variable":                   {"pass_env: [TOKEN]", "the variable TOKEN of your environment"},
		"no filter":                    {"security: {seccomp: unconfined}", "no filter of system calls: processes inside reach all of the kernel that your own do"},
		"the usual filter":             {"security: {seccomp: default, capabilities: {drop: [ALL]}, no_new_privileges: true}", ""},
		"a capability":                 {"security: {capabilities: {add: [net_admin]}}", "the capability CAP_NET_ADMIN inside"},
		"the capability":               {"security: {capabilities: {add: [SYS_ADMIN]}}", "the capability CAP_SYS_ADMIN inside: root there can mount, take the covers off /proc and make read-only mounts writable"},
		"a device":                     {"security: {devices: [/dev/fuse]}", "the device /dev/fuse"},
		"nested":                       {"security: {nested: true}", "user namespaces and mounts inside, with the parts of the kernel behind them"},
		"graphics":                     {"gpu: true", "the graphics devices of this host"},
		"mirrors":                      {"registry: {mirrors: [{prefix: docker.io, with: [a.b, c.d], only: true}]}", "other registries instead of docker.io: a.b, c.d, and nowhere else"},
		"a path with a space":          {"mounts: [{source: '/a at /b', target: /c}]", `bind mount of "/a at /b" at /c, writable`},
		"a path that is not shown":     {"mounts: [{source: \"/\\u00ad" + strings.Repeat("x", 100) + "\", target: /c}]", `bind mount of "/\u00ad` + strings.Repeat("x", 100) + `" at /c, writable`},
		"variables of the environment": {"env_file: [/proc/self/environ]", "variables from the file /proc/self/environ (it leads to /proc/SELF/environ)"},
	} {
		t.Run(name, func(t *testing.T) {
			top := tree(t, map[string]string{
				"p/sub/": "", "p/out": "->../h", "p/dangling": "->../none", "p/loop": "->loop", "p/stays": "->sub", "p2/": "", "h/": "",
			})
			write(t, top+"/p/.sandbox.yaml", "f", "version: 1\n"+strings.ReplaceAll(c.text, "TOP", top)+"\n")
			var want []string
			if c.want != "" {
				want = []string{".sandbox.yaml: " + c.want}
			}
			got := requests(t, top, nil, nil)
			for i := range got {
				if self, err := filepath.EvalSymlinks("/proc/self"); err == nil {
					got[i] = strings.ReplaceAll(got[i], self+"/", "/proc/SELF/")
				}
			}
			if !slices.Equal(got, want) {
				t.Errorf("got  %q\nwant %q", got, want)
			}
		})
	}
}

const asking = "version: 1\nimage: rootfs:/r\nenv_file: [/e]\nmounts: [{source: /m, target: /m}]\nnetwork: {mode: host}\n"

func TestHostRequestsOfEachLayer(t *testing.T) {
	all := []string{
		"root file system /r", "variables from the file /e", "bind mount of /m at /m, writable",
		"the network of this host, with whatever listens on its loopback interface",
	}
	for file, want := range map[string][]string{"u.yaml": nil, "p/.sandbox.yaml": all, "p/.sandbox.local.yaml": all} {
		var words []string
		for _, what := range want {
			words = append(words, filepath.Base(file)+": "+what)
		}
		if got := requests(t, tree(t, map[string]string{file: asking, "p/": ""}), nil, nil); !slices.Equal(got, words) {
			t.Errorf("%s: got %q, want %q", file, got, words)
		}
	}
}

// What the user says over the files is the user's word.
func TestHostRequestsOfTheUser(t *testing.T) {
	top := tree(t, map[string]string{"p/.sandbox.yaml": "version: 1\nimage: rootfs:/r\nnetwork: {mode: host}\n"})
	if got := requests(t, top, []string{"SANDBOX_IMAGE=rootfs:/r"}, map[string]string{"network.mode": "host"}); len(got) > 0 {
		t.Errorf("%q", got)
	}
}

// What the user's settings say of the project's own files is no word about where the
// project's links lead.
func TestHostRequestsOfLinksUnderTheUser(t *testing.T) {
	top := tree(t, map[string]string{
		"u.yaml": "version: 1\nenv_file: [.env, in.env, ~/x]\nmounts: [{source: data, target: /d}, {source: ~/x, target: /x}, {source: ../y, target: /y}]\nimage: rootfs:root\n",
		"h/x":    "", "y/": "", "p/.env": "->../h/x", "p/in.env": "->sub", "p/sub": "A=b\n", "p/data": "->../h", "p/root": "->/none",
	})
	want := []string{
		"../u.yaml: root file system TOP/p/root (a link that leads nowhere now)",
		"../u.yaml: variables from the file TOP/p/.env (it leads to TOP/h/x)",
		"../u.yaml: bind mount of TOP/p/data (it leads to TOP/h) at /d, writable",
	}
	if got := requests(t, top, nil, nil); !slices.Equal(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
}

// Trust is about the files: the words are the same whatever variables and flags say.
func TestHostRequestsOfTheRepository(t *testing.T) {
	top := tree(t, map[string]string{"r/.git/": "", "r/sub/.sandbox.yaml": "version: 1\nworkspace: {root: git}\n"})
	for _, o := range []config.LoadOptions{
		{}, {Environ: []string{"SANDBOX_WORKSPACE_MODE=ro"}}, {Flags: map[string]string{"workspace.mode": "overlay"}},
		{FilesOnly: true, Environ: []string{"SANDBOX_WORKSPACE_MODE=ro"}},
	} {
		o.Project = config.Project{Dir: top + "/r/sub", File: top + "/r/sub/.sandbox.yaml"}
		l, err := config.Load(o)
		if err != nil {
			t.Fatal(err)
		}
		if got := l.HostRequests(); len(got) != 1 || got[0].What != "all of the repository "+top+"/r, rw" {
			t.Errorf("%+v: %v", o, got)
		}
		if got := l.Config.Workspace.Mode; o.FilesOnly && got != "rw" {
			t.Errorf("with the files alone the mode is %s", got)
		}
	}
	for _, own := range []config.LoadOptions{{Environ: []string{"SANDBOX_WORKSPACE_ROOT=git"}}, {Environ: []string{"SANDBOX_WORKSPACE_ROOT=here"}}} {
		own.Project = config.Project{Dir: top + "/r/sub", File: top + "/r/sub/.sandbox.yaml"}
		if l, err := config.Load(own); err != nil || len(l.HostRequests()) > 0 {
			t.Errorf("%v: %v", own.Environ, err)
		}
	}
}

// A ~ that nobody can expand is never taken for something in the project.
func TestHostRequestsWithoutHome(t *testing.T) {
	for _, environ := range [][]string{nil, {"HOME="}, {"HOME=p"}} {
		top := tree(t, map[string]string{".sandbox.yaml": "version: 1\nmounts: [{source: ~/x, target: /x}]\n"})
		l, err := config.Load(config.LoadOptions{Project: config.Project{Dir: top, File: top + "/.sandbox.yaml"}, Environ: environ})
		if err != nil {
			t.Fatal(err)
		}
		if got := l.HostRequests(); len(got) != 1 || got[0].What != "bind mount of ~/x at /x, writable" || got[0].Origin.Line != 2 || got[0].Origin.Column != 10 {
			t.Errorf("%v: %+v", environ, got)
		}
	}
}

// What was shown is what is used, whatever becomes of the link meanwhile.
func TestPlaceStays(t *testing.T) {
	top := tree(t, map[string]string{
		"p/.sandbox.yaml": "version: 1\nmounts: [{source: link, target: /x}]\n", "p/sub/": "", "p/link": "->sub", "h/": "", "out/": "",
	})
	l, err := loaded(t, top, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := l.HostRequests(); len(got) > 0 {
		t.Fatalf("%v", got)
	}
	if err := os.Remove(top + "/p/link"); err != nil {
		t.Fatal(err)
	}
	write(t, top+"/p/link", "link", "->../out")
	if got := l.Place("link"); got != top+"/p/sub" {
		t.Errorf("got %s, want what was there when it was asked for first", got)
	}
	again, err := loaded(t, top, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := again.HostRequests(); len(got) != 1 || again.Places([]string{"link", "/etc"})[0] != top+"/out" {
		t.Errorf("%v", got)
	}
}
