//go:build !core

package compose

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func load(t *testing.T, text string, change func(*Options)) (*Project, string, error) {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "compose.yml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	o := Options{Dir: dir, Files: []string{file}, Dev: "app", Lookup: func(name string) (string, bool) { return "v", name == "SET" }}
	if change != nil {
		change(&o)
	}
	p, err := Load(context.Background(), o)
	return p, dir, err
}

func TestLoad(t *testing.T) {
	p, dir, err := load(t, `
services:
  app:
    build: {context: sub, dockerfile: D, target: t, args: {A: b, SET: }}
    user: dev
    environment: [A=1, SET, UNSET, "B=${SET:-no}${GONE:-fallback}"]
    volumes: [".:/work:ro", "data:/d", "/tmp/t", {type: tmpfs, target: /m, tmpfs: {size: 64m}}]
    ports: ["8080:80", "127.0.0.1:53:53/udp", "9000"]
    depends_on: [db]
    privileged: true
    cap_add: [SYS_PTRACE]
    extra_hosts: ["h:10.0.0.1"]
    mem_limit: 64m
    sysctls: {a: 1}
  db:
    image: postgres
    restart: unless-stopped
    stop_signal: SIGINT
    stop_grace_period: 1m
    healthcheck: {test: pg_isready -q, interval: 5s, retries: 20, start_period: 10s}
    depends_on: {job: {condition: service_completed_successfully}}
    networks: {back: {aliases: [database]}}
  job: {image: j, command: a b, entrypoint: "x y"}
  quiet: {image: q, healthcheck: {disable: true}, restart: on-failure}
networks: {back: {}}
volumes: {data: {external: true}}
`, nil)
	if err != nil {
		t.Fatal(err)
	}
	app := p.Dev
	if want := (&Build{Context: dir + "/sub", Dockerfile: dir + "/sub/D", Target: "t", Args: map[string]string{"A": "b", "SET": "v"}}); !reflect.DeepEqual(app.Build, want) {
		t.Errorf("build: %+v", app.Build)
	}
	if want := map[string]string{"A": "1", "SET": "v", "B": "vfallback"}; !reflect.DeepEqual(app.Env, want) {
		t.Errorf("environment: %v", app.Env)
	}
	volumes := []Volume{{"bind", dir, "/work", true, 0}, {"volume", "data", "/d", false, 0}, {"volume", "", "/tmp/t", false, 0}, {"tmpfs", "", "/m", false, 64 << 20}}
	if !reflect.DeepEqual(app.Volumes, volumes) {
		t.Errorf("volumes: %+v", app.Volumes)
	}
	if want := []string{"8080:80", "127.0.0.1:53:53/udp", "auto:9000"}; !reflect.DeepEqual(app.Ports, want) {
		t.Errorf("ports: %v", app.Ports)
	}
	if !app.Privileged || app.Memory != 64<<20 || app.User != "dev" || !reflect.DeepEqual(app.ExtraHosts, []string{"h:10.0.0.1"}) {
		t.Errorf("app: %+v", app)
	}
	var names []string
	for _, s := range p.Services {
		names = append(names, s.Name)
	}
	if !reflect.DeepEqual(names, []string{"db", "job", "quiet"}) {
		t.Fatalf("services: %v", names)
	}
	db, job, quiet := p.Services[0], p.Services[1], p.Services[2]
	if db.Restart != "always" || db.StopGrace != "1m0s" || db.Health.Shell != "pg_isready -q" || db.Health.Timeout != "1m50s" || !reflect.DeepEqual(db.Aliases, []string{"database"}) {
		t.Errorf("db: %+v %+v", db, db.Health)
	}
	if !job.Completes || !reflect.DeepEqual(job.Entrypoint, []string{"x", "y"}) || !reflect.DeepEqual(job.Command, []string{"a", "b"}) {
		t.Errorf("job: %+v", job)
	}
	if quiet.Health != nil || quiet.Restart != "on-failure" || quiet.Command != nil {
		t.Errorf("quiet: %+v", quiet)
	}
	if text := strings.Join(p.Warnings, "\n"); text != "services.app.sysctls: is not done here\nservices.app.volumes: \"data\" is an ordinary volume of this project" {
		t.Errorf("warnings:\n%s", text)
	}
}

func TestLoadRefuses(t *testing.T) {
	outside := filepath.Join(t.TempDir(), "x.yml")
	if err := os.WriteFile(outside, []byte("services: {app: {image: a}}"), 0o600); err != nil {
		t.Fatal(err)
	}
	var elsewhere *OutsideError
	var unknown *UnknownError
	for name, c := range map[string]struct {
		text string
		as   any
		want string
	}{
		"include":      {"include: [" + outside + "]\nservices: {app: {image: a}}", &elsewhere, ""},
		"extends":      {"services: {app: {extends: {file: " + outside + ", service: app}}}", &elsewhere, ""},
		"remote":       {"include: [\"https://example.org/x.git\"]\nservices: {app: {image: a}}", &elsewhere, ""},
		"env_file":     {"services: {app: {image: a, env_file: " + outside + "}}", &elsewhere, ""},
		"unknown":      {"services: {other: {image: a}}", &unknown, ""},
		"no YAML":      {"services: [", nil, "yaml"},
		"not services": {"services: {app: 3}", nil, "app"},
		"nobody":       {"services: {app: {image: a, depends_on: [b]}}", nil, "b"},
		"too large":    {"#" + strings.Repeat("x", maxFile), nil, "larger than 1 MiB"},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := load(t, c.text, nil)
			switch {
			case err == nil:
				t.Fatal("taken")
			case c.as == nil && !strings.Contains(err.Error(), c.want), c.as != nil && !errors.As(err, c.as):
				t.Error(err)
			case strings.Contains(err.Error(), "\n"):
				t.Errorf("several lines: %q", err)
			}
		})
	}
}

func FuzzLoad(f *testing.F) {
	f.Add("services: {app: {image: a, ports: [80]}}")
	f.Add("x: &a {image: a}\nservices: {app: {<<: *a, environment: [\"A=${B:-c}\"]}}")
	f.Add("services: {app: {build: ., depends_on: {b: {condition: service_healthy}}}, b: {image: b, healthcheck: {test: [CMD, x]}}}")
	f.Fuzz(func(t *testing.T, text string) { _, _, _ = load(t, text, nil) })
}
