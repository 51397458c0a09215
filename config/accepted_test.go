package config_test

// accepted are files that are valid, for the decoder and for the schema.
func accepted() map[string]string {
	return map[string]string{
		"the least":             "version: 1\n",
		"caches":                "version: 1\ncaches: [go, npm, pnpm, yarn, pip, uv, cargo, maven, gradle, apt, ccache, composer, bundler]\ncache_scope: project\n",
		"secrets":               "version: 1\nsecrets: [{name: a, file: ~/.a}, {name: b, env: B}, {name: c, command: [pass, show, c]}]\n",
		"dotfiles":              "version: 1\ndotfiles: {path: ~/dotfiles, install: make}\n",
		"dashes":                "---\nversion: 1\n...\n",
		"flow":                  "{version: 1, image: host}\n",
		"Windows":               "version: 1\r\nenv:\r\n  A: b\r\n",
		"byte order mark":       "\ufeffversion: 1\n",
		"no line end":           "version: 1",
		"scalars":               "version: 1\nname: a.b-c_9\nimage: rootfs:../r.tar\nuser: _apt\nshell: /bin/sh\n",
		"user by id":            "version: 1\nuser: \"1000\"\n",
		"workspace":             "version: 1\nworkspace: {target: /src, mode: overlay}\n",
		"values as words":       "version: 1\nenv: {A: 8080, B: true, C: 1.50, D: 0x1f, E: no, F: \"\", G: 2024-01-01, H: -5}\n",
		"names of env":          "version: 1\nenv: {node_env: a, NODE_ENV: b, a.b: c, ä: d, \"true\": e}\n",
		"mounts":                "version: 1\nmounts:\n  - {source: '~', target: '~'}\n  - {type: volume, source: pg, target: /v, readonly: true}\n  - {type: tmpfs, target: ~/t, size: 64m}\n  - {type: tmpfs, target: /u}\n",
		"empty lists":           "version: 1\nmounts: []\nenv_file: []\nenv: {}\nhooks: {}\n",
		"hooks":                 "version: 1\nhooks:\n  create: go mod download\n  start: {a: [x, \"\"], b: y}\n",
		"no hook":               "version: 1\nhooks: {create: \"\", start: {}}\n",
		"block text":            "version: 1\nhooks:\n  create: |\n    make\n    \tall\n  start: >\n    a\n    b\n",
		"anchor and alias":      "version: 1\nenv: {A: &a b, C: *a}\nhooks: {create: &h [make, it], start: *h}\n",
		"limits":                "version: 1\nlimits: {pids: 0, nofile: 1048576}\nnetwork: {mode: host}\n",
		"comments":              "# a\nversion: 1 # b\n# c\nenv: # d\n  # e\n  A: b # f\n",
		"no tab to refuse":      "version:\t1\nenv: {\n\tA: b}\n",
		"a name of 63":          "version: 1\nname: a23456789012345678901234567890123456789012345678901234567890123\n",
		"memory and processors": "version: 1\nlimits: {memory: 2g, cpus: 1.5}\n",
		"whole processors":      "version: 1\nlimits: {memory: \"8388608\", cpus: 2}\n",
		"security":              "version: 1\nsecurity: {seccomp: unconfined, capabilities: {add: [NET_ADMIN, cap_sys_ptrace], drop: [ALL]}, no_new_privileges: true, devices: [/dev/fuse, /dev/dri/renderD128], nested: true}\ngpu: true\n",
		"services":              "version: 1\nservices:\n  db: {command: run it, user: postgres, env: {A: 1}, workdir: sub, ready: {tcp: 5432, interval: 200ms, timeout: 1m}, restart: on-failure, depends_on: [a], ports: [\"5432\"], stop_signal: SIGINT, stop_grace: 30s}\n  a: {command: [x, y], ready: {command: [z]}}\n  b: {command: x, ready: {http: \"http://localhost:8080/h\"}}\n  d: {image: \"docker.io/library/redis:8\", mounts: [{type: volume, source: v, target: /data}]}\n  c: {command: x, ready: {log: \"^done$\"}}\n",
		"watch":                 "version: 1\nwatch:\n  a: {run: make, paths: [src, '**/*.{c,h}'], ignore: ['*.o', '!b.o'], debounce: 1.5s, on_busy: queue, clear: true, initial: false, notify: true, env: {A: 1}}\n  b.c-d: {run: [echo, '{changed}']}\n",
		"features":              "version: 1\nfeatures: {\"ghcr.io/devcontainers/features/node:1\": {version: 22, flag: true}, ./local: {}, \"https://h/x.tgz\": true, git: \"1.2\", n: 3}\nfeature_order: [git, ./local]\n",
		"tests":                 "version: 1\ntest:\n  unit: {run: go test ./..., network: none, timeout: 1h30m, artifacts: [coverage.out, 'out/**/*.xml'], env: {A: 1}, services: [], workdir: ./a}\n  b: {run: [x, \"\"], network: filtered}\n  matrix: {image: [\"apt:trixie\", host], env: {GO: [1.25, \"1.26\", true], B: []}}\n",
		"pass_env":              "version: 1\npass_env: [GITHUB_TOKEN, _x9]\n",
	}
}
