package config_test

// refusal is a file that is not valid, with all that there is to say about it.
type refusal struct {
	name string
	text string
	want string // one line per problem, without the file
	// beyondSchema: a JSON Schema cannot see it, since it is about the letters of
	// the file, about two values together, or about a range of another kind.
	beyondSchema bool
}

func refusals() []refusal {
	return []refusal{
		{name: "unknown key", text: "version: 1\nimgae: host\n", want: `2:1: unknown key "imgae"`},
		{name: "unknown key of another case", text: "version: 1\nImage: host\n", want: `2:1: unknown key "Image"`},
		{name: "unknown key that is like nothing", text: "version: 1\nsomething: 1\n", want: `2:1: unknown key "something"`},
		{name: "unknown key below", text: "version: 1\nnetwork:\n  moed: none\n", want: `3:3: unknown key "moed"`},
		{name: "unknown key of a list entry", text: "version: 1\nmounts:\n  - {source: a, target: /a, ro: true}\n", want: `3:29: unknown key "ro"`},
		{name: "slip of a key to come", text: "version: 1\ngit_credentals: {}\n", want: `2:1: unknown key "git_credentals"; git_credentials is known, but this version cannot do it yet`},
		{name: "slip of a key to come below", text: "version: 1\nnetwork: {alow: [x]}\n", want: `2:11: unknown key "alow"`},
		{name: "slip of a key below", text: "version: 1\nlimits: {memroy: 1g}\n", want: `2:10: unknown key "memroy"`},
		{name: "memory as a word", text: "version: 1\nlimits: {memory: much}\n", want: `2:18: limits.memory: "much" is no size: a number above 0 with k, m, g or t, such as 64m`},
		{name: "no memory", text: "version: 1\nlimits: {memory: 64k}\n", want: `2:18: limits.memory: "64k" is less than 8m, which nothing can run in`, beyondSchema: true},
		{name: "processors as a word", text: "version: 1\nlimits: {cpus: \"2\"}\n", want: `2:16: limits.cpus: expected a number, found the text "2"`},
		{name: "processors below nothing", text: "version: 1\nlimits: {cpus: -1}\n", want: `2:16: limits.cpus: -1 is out of range: 0 to 4096`},
		{name: "processors without end", text: "version: 1\nlimits: {cpus: 5000}\n", want: `2:16: limits.cpus: 5000 is out of range: 0 to 4096`},
		{name: "processors of another notation", text: "version: 1\nlimits: {cpus: 1e2}\n", want: `2:16: limits.cpus: expected a number, found the text "1e2"`, beyondSchema: true},
		{name: "name of no variable", text: "version: 1\npass_env: [A=b, 2x, 'a b']\n", want: `2:12: pass_env[0]: "A=b" is no name of a variable: letters, digits and _, not starting with a digit
2:17: pass_env[1]: "2x" is no name of a variable: letters, digits and _, not starting with a digit
2:21: pass_env[2]: "a b" is no name of a variable: letters, digits and _, not starting with a digit`},
		{name: "no seccomp", text: "version: 1\nsecurity: {seccomp: unconfind}\n", want: `2:21: security.seccomp: "unconfind" is none of default, unconfined`},
		{name: "seccomp by a file", text: "version: 1\nsecurity: {seccomp: ./profile.json}\n", want: `2:21: security.seccomp: "./profile.json": a file with a profile is known, but this version cannot do it yet`},
		{name: "slip of a capability", text: "version: 1\nsecurity: {capabilities: {add: [NET_ADMN], drop: [all]}}\n", want: `2:33: security.capabilities.add[0]: "NET_ADMN" is no capability: the nearest is NET_ADMIN`, beyondSchema: true},
		{name: "no capability", text: "version: 1\nsecurity: {capabilities: {add: [ALL]}}\n", want: `2:33: security.capabilities.add[0]: "ALL" cannot be added: name those that are needed`, beyondSchema: true},
		{name: "no device", text: "version: 1\nsecurity: {devices: [/etc/passwd, fuse, \"/dev/a:b\"]}\n", want: `2:22: security.devices[0]: "/etc/passwd" is no device: a path below /dev is needed, such as /dev/fuse
2:35: security.devices[1]: "fuse" is no device: a path below /dev is needed, such as /dev/fuse
2:41: security.devices[2]: "/dev/a:b" is no device: a path below /dev is needed, such as /dev/fuse`},
		{name: "device that climbs", text: "version: 1\nsecurity: {devices: [/dev/../etc/passwd]}\n", want: `2:22: security.devices[0]: "/dev/../etc/passwd" is no plain path`, beyondSchema: true},
		{name: "gpu by a word", text: "version: 1\ngpu: all\n", want: `2:6: gpu: expected true or false, found the text "all"`},
		{name: "service without a command", text: "version: 1\nservices: {a: {user: b}}\n", want: `2:15: services.a.command: is missing`, beyondSchema: true},
		{name: "service of nothing", text: "version: 1\nservices: {a: {command: \"\"}}\n", want: `2:25: services.a.command: has no command`},
		{name: "service of several commands", text: "version: 1\nservices: {a: {command: {b: c}}}\n", want: `2:25: services.a.command: expected a text or a list, found keys and values`},
		{name: "ready in two ways", text: "version: 1\nservices: {a: {command: b, ready: {tcp: 1, log: c}}}\n", want: `2:35: services.a.ready: tcp and log: only one of them can say that it is ready`},
		{name: "ready at a host", text: "version: 1\nservices: {a: {command: b, ready: {http: \"http://example.org/\"}}}\n", want: `2:42: services.a.ready.http: "http://example.org/" is no address inside: expected something like http://localhost:8080/health`},
		{name: "ready by no pattern", text: "version: 1\nservices: {a: {command: b, ready: {log: \"a(\"}}}\n", want: `2:41: services.a.ready.log: "a(" is no regular expression: missing closing ): ` + "`a(`", beyondSchema: true},
		{name: "ready in no time", text: "version: 1\nservices: {a: {command: b, ready: {timeout: soon}}}\n", want: `2:45: services.a.ready.timeout: "soon" is no length of time: expected something like 200ms, 30s or 10m`},
		{name: "no restart", text: "version: 1\nservices: {a: {command: b, restart: never}}\n", want: `2:37: services.a.restart: "never" is none of no, on-failure, always`},
		{name: "service with the image of the host", text: "version: 1\nservices: {a: {command: b, image: host}}\n", want: `2:35: services.a.image: host is the sandbox's own at most: leave it out`, beyondSchema: true},
		{name: "service with mounts and no image", text: "version: 1\nservices: {a: {command: b, mounts: [{type: tmpfs, target: /x}]}}\n", want: `2:28: services.a.mounts: needs an image of its own: a service without one has the mounts of the sandbox`, beyondSchema: true},
		{name: "watch without a command", text: "version: 1\nwatch: {a: {paths: [x]}}\n", want: `2:12: watch.a.run: is missing`},
		{name: "watch of nothing", text: "version: 1\nwatch: {a: {run: \"\"}}\n", want: `2:18: watch.a.run: has no command`},
		{name: "watch of several commands", text: "version: 1\nwatch: {a: {run: {b: c}}}\n", want: `2:18: watch.a.run: expected a text or a list, found keys and values: make a rule of each`},
		{name: "watch as a text", text: "version: 1\nwatch: make\n", want: `2:8: watch: expected names with keys and values, found the text "make"`},
		{name: "rule as a text", text: "version: 1\nwatch: {a: make}\n", want: `2:12: watch.a: expected keys and values, found the text "make"`},
		{name: "rule of no name", text: "version: 1\nwatch: {-a: {run: make}}\n", want: `2:9: watch: "-a" is no name: letters, digits, dots, - and _, at most 128, starting with a letter or a digit`},
		{name: "slip in a rule", text: "version: 1\nwatch: {a: {run: make, path: [x]}}\n", want: `2:24: unknown key "path"`},
		{name: "paths out of the project", text: "version: 1\nwatch: {a: {run: make, paths: [/a, 'b/../c', '!d', 'e[']}}\n", want: `2:32: watch.a.paths[0]: "/a" is absolute: patterns start at the project
2:36: watch.a.paths[1]: "b/../c" leads out of the project
2:46: watch.a.paths[2]: "!d" begins with !: what is not wanted belongs into ignore
2:52: watch.a.paths[3]: "e[" has an unfinished [ ] or { }`},
		{name: "no debounce", text: "version: 1\nwatch: {a: {run: make, debounce: 5}}\n", want: `2:34: watch.a.debounce: expected text, found the number 5: put it in quotes`},
		{name: "debounce without end", text: "version: 1\nwatch: {a: {run: make, debounce: 2m}}\n", want: `2:34: watch.a.debounce: "2m" is no time: expected something like 200ms or 1.5s, at most 1m`, beyondSchema: true},
		{name: "no way to be busy", text: "version: 1\nwatch: {a: {run: make, on_busy: wait}}\n", want: `2:33: watch.a.on_busy: "wait" is none of restart, queue, ignore`},
		{name: "key to come", text: "version: 1\ngit_credentials: {}\n", want: `2:1: git_credentials: known, but this version cannot do it yet`},
		{name: "features that are none", text: "version: 1\nfeatures: {\"a b\": {}, c: null, d: false, e: [1], f: {x: [1]}, g: {y: null}}\n", want: `2:12: features: "a b" is no feature: expected a name such as ghcr.io/devcontainers/features/node:1, https://..., or ./DIR
2:23: features.c: has no value: write {} for the defaults
2:35: features.d: expected options, a version or true: remove the line to leave the feature out
2:45: features.e: expected keys and values, found a list
2:57: features.f.x: expected text, found a list
2:67: features.g.y: has no value: write "" for an empty one`},
		{name: "features as a list", text: "version: 1\nfeatures: [node]\n", want: `2:11: features: expected keys and values, found a list`},
		{name: "a feature with a password", text: "version: 1\nfeatures: {\"https://u:p@h/x.tgz\": {}}\nfeature_order: [a b]\n", want: `2:12: features: holds a user's name or password
3:17: feature_order[0]: "a b" is no feature: expected a name such as ghcr.io/devcontainers/features/node:1, https://..., or ./DIR`, beyondSchema: true},
		{name: "test without a command", text: "version: 1\ntest: {unit: {network: none}}\n", want: `2:14: test.unit.run: is missing`},
		{name: "test of several commands", text: "version: 1\ntest: {unit: {run: {a: b}}}\n", want: `2:20: test.unit.run: expected a text or a list: each command is a test of its own`},
		{name: "test of no command", text: "version: 1\ntest: {unit: {run: \"\"}}\n", want: `2:15: test.unit.run: has no command`},
		{name: "test with the host's network", text: "version: 1\ntest: {unit: {run: a, network: host}}\n", want: `2:32: test.unit.network: "host" is none of none, private, filtered`},
		{name: "test without end", text: "version: 1\ntest: {unit: {run: a, timeout: 0s}}\n", want: `2:32: test.unit.timeout: "0s" is no length of time: expected something like 200ms, 30s or 10m`, beyondSchema: true},
		{name: "timeout as a number", text: "version: 1\ntest: {unit: {run: a, timeout: \"10\"}}\n", want: `2:32: test.unit.timeout: "10" is no length of time: expected something like 200ms, 30s or 10m`},
		{name: "artifacts of the host", text: "version: 1\ntest: {unit: {run: a, artifacts: [/etc/passwd, ../x, a/../../b, '[']}}\n", want: `2:35: test.unit.artifacts[0]: "/etc/passwd" is not below the project: expected a relative path
2:48: test.unit.artifacts[1]: "../x" is not below the project: expected a relative path
2:54: test.unit.artifacts[2]: "a/../../b" is not below the project: expected a relative path
2:65: test.unit.artifacts[3]: "[" is no pattern: *, ?, [a-z], and ** for any directories`},
		{name: "test elsewhere", text: "version: 1\ntest: {unit: {run: a, workdir: ../b}}\n", want: `2:32: test.unit.workdir: "../b" is not below the project: expected a relative path`, beyondSchema: true},
		{name: "name of no test", text: "version: 1\ntest: {\"a b\": {run: a}}\n", want: `2:8: test: "a b" is no name: letters, digits, dots, - and _, at most 128, starting with a letter or a digit`},
		{name: "slip of a test's key", text: "version: 1\ntest: {unit: {run: a, netwok: none}}\n", want: `2:23: unknown key "netwok"`},
		{name: "tests as a list", text: "version: 1\ntest: [a]\n", want: `2:7: test: expected keys and values, found a list`},
		{name: "matrix of one value", text: "version: 1\ntest: {matrix: {env: {GO: 1}}}\n", want: `2:23: test.matrix.env.GO: expected a list of values`},
		{name: "matrix of lists", text: "version: 1\ntest: {matrix: {env: {GO: [[1]]}}}\n", want: `2:28: test.matrix.env.GO[0]: expected text, found a list`},
		{name: "matrix of no image", text: "version: 1\ntest: {matrix: {image: [a b]}}\n", want: `2:25: test.matrix.image[0]: "a b" is no image: host, apt:SUITE, rootfs:PATH, oci:DIR, or a reference such as docker.io/library/debian:13`},
		{name: "what no rule is", text: "version: 1\nnetwork:\n  allow: [a, 'b/c']\n",
			want: `3:14: network.allow[1]: "b/c": expected a host, *.domain, an address or a range of addresses, with :port or without, or tool:NAME`},
		{name: "control character in a key", text: "version: 1\n\"a\\e[2J\": 1\n", want: `2:1: unknown key "a\x1b[2J"`},
		{name: "number as a key", text: "version: 1\n8080: x\n", want: `2:1: unknown key "8080"`},

		{name: "key twice", text: "version: 1\nimage: host\nimage: host\n", want: "3:1: image: is here twice: the first one is on line 2", beyondSchema: true},
		{name: "key twice below", text: "version: 1\nenv: {A: b, A: c}\n", want: "2:13: env.A: is here twice: the first one is on line 2", beyondSchema: true},
		{name: "key twice, once in quotes", text: "version: 1\nenv:\n  A: b\n  \"A\": c\n", want: "4:3: env.A: is here twice: the first one is on line 3", beyondSchema: true},

		{name: "no version", text: "image: host\n", want: "1:1: version: is missing: the file needs the line version: 1"},
		{name: "no version, flow", text: "# c\n  {image: host}\n", want: "2:3: version: is missing: the file needs the line version: 1"},
		{name: "other version", text: "version: 2\n", want: "1:10: version: 2 is not known to this program: expected 1"},
		{name: "negative version", text: "version: -1\n", want: "1:10: version: -1 is not known to this program: expected 1"},
		{name: "version in quotes", text: "version: \"1\"\n", want: `1:10: version: expected a whole number, found the text "1"`},
		{name: "version with a fraction", text: "version: 1.5\n", want: `1:10: version: expected a whole number, found the number 1.5`},
		{name: "version without a value", text: "version:\nimage: host\n", want: "1:1: version: has no value: give it one, or remove the line"},

		{name: "number for text", text: "version: 1\nname: 12\n", want: "2:7: name: expected text, found the number 12: put it in quotes"},
		{name: "truth for text", text: "version: 1\nuser: true\n", want: "2:7: user: expected text, found true: put it in quotes"},
		{name: "list for text", text: "version: 1\nimage: [host]\n", want: "2:8: image: expected text, found a list"},
		{name: "keys for a text of a list", text: "version: 1\nnetwork: {ports: [8080:80]}\n", want: `2:19: network.ports[0]: expected text, found keys and values: put the text in quotes`},
		{name: "keys for text", text: "version: 1\nimage:\n  a: host\n", want: "3:3: image: expected text, found keys and values"},
		{name: "text for keys", text: "version: 1\nnetwork: none\n", want: `2:10: network: expected keys and values, found the text "none"`},
		{name: "text for a list", text: "version: 1\nenv_file: .env\n", want: `2:11: env_file: expected a list, found the text ".env"`},
		{name: "text for a list entry", text: "version: 1\nmounts:\n  - ~/.ssh:/x\n", want: `3:5: mounts[0]: expected keys and values, found the text "~/.ssh:/x"`},
		{name: "nothing for a list entry", text: "version: 1\nenv_file: [a, ~]\n", want: "2:15: env_file[1]: has no value: give it one, or remove the line"},
		{name: "yes for true", text: "version: 1\nmounts: [{source: a, target: /a, readonly: yes}]\n", want: `2:44: mounts[0].readonly: expected true or false, found the text "yes"`},
		{name: "text for a number", text: "version: 1\nlimits: {pids: many}\n", want: `2:16: limits.pids: expected a whole number, found the text "many"`},
		{name: "old octal", text: "version: 1\nlimits: {pids: 0512}\n", want: "2:16: limits.pids: expected a whole number, found the number 0512", beyondSchema: true},
		{name: "hexadecimal", text: "version: 1\nlimits: {pids: 0x10}\n", want: "2:16: limits.pids: expected a whole number, found the number 0x10", beyondSchema: true},
		{name: "no value", text: "version: 1\nenv:\nimage: host\n", want: "2:1: env: has no value: give it one, or remove the line"},
		{name: "null", text: "version: 1\nshell: ~\n", want: "2:1: shell: has no value: give it one, or remove the line"},
		{name: "list as a file", text: "- version: 1\n", want: "1:1: expected keys and values, found a list"},
		{name: "text as a file", text: "version 1\n", want: `1:1: expected keys and values, found the text "version 1"`},
		{name: "null as a file", text: "~\n", want: "1:1: has no value: give it one, or remove the line"},

		{name: "number out of range", text: "version: 1\nlimits: {pids: 4194305}\n", want: "2:16: limits.pids: 4194305 is out of range: 0 to 4194304"},
		{name: "negative number", text: "version: 1\nlimits: {nofile: -1}\n", want: "2:18: limits.nofile: -1 is out of range: 0 to 1048576"},
		{name: "enormous number", text: "version: 1\nlimits: {nofile: 9223372036854775808}\n", want: "2:18: limits.nofile: 9223372036854775808 is out of range: 0 to 1048576"},

		{name: "name with a capital", text: "version: 1\nname: Hello\n", want: `2:7: name: "Hello" is no name: small letters, digits, dots, - and _, at most 63, starting with a letter or a digit`},
		{name: "name with an escape sequence", text: "version: 1\nname: \"a\\e]52;c;x\\a\"\n", want: `2:7: name: "a\x1b]52;c;x\a" is no name: small letters, digits, dots, - and _, at most 63, starting with a letter or a digit`},
		{name: "name that climbs", text: "version: 1\nname: ../x\n", want: `2:7: name: "../x" is no name: small letters, digits, dots, - and _, at most 63, starting with a letter or a digit`},
		{name: "name with a line break", text: "version: 1\nname: |\n  a\n", want: `2:7: name: "a\n" is no name: small letters, digits, dots, - and _, at most 63, starting with a letter or a digit`},
		{name: "no user", text: "version: 1\nuser: -x\n", want: `2:7: user: "-x" is neither keep nor root nor the name of a user`},
		{name: "no image", text: "version: 1\nimage: my image\n", want: `2:8: image: "my image" is no image: host, apt:SUITE, rootfs:PATH, oci:DIR, or a reference such as docker.io/library/debian:13`},
		{name: "no suite", text: "version: 1\nimage: \"apt:\"\n", want: `2:8: image: "" is no name of a package: letters, digits and . - _ + : = ~, starting with a letter or a digit`, beyondSchema: true},
		{name: "no package", text: "version: 1\npackages: [git, --yes]\n", want: `2:17: packages[1]: "--yes" is no name of a package: letters, digits and . - _ + : = ~, starting with a letter or a digit`},
		{name: "no mirror", text: "version: 1\napt: {mirror: example.org}\n", want: `2:15: apt.mirror: "example.org" is no address: expected http://, https:// or file:///`},
		{name: "mirror of nothing", text: "version: 1\nregistry: {mirrors: [{with: [a]}]}\n", want: `2:22: registry.mirrors[0].prefix: is missing`},
		{name: "image to come", text: "version: 1\nimage: snapshot:x\n", want: `2:8: image: "snapshot:x" is known, but this version cannot do it yet`, beyondSchema: true},
		{name: "image without a path", text: "version: 1\nimage: \"rootfs:\"\n", want: `2:8: image: is empty: expected a path`, beyondSchema: true},
		{name: "image with a control character", text: "version: 1\nimage: \"rootfs:a\\u009bb\"\n", want: `2:8: image: "a\u009bb" holds a control character`},
		{name: "relative shell", text: "version: 1\nshell: bash\n", want: `2:8: shell: "bash" is not an absolute path`},
		{name: "empty shell", text: "version: 1\nshell: \"\"\n", want: `2:8: shell: is empty: expected an absolute path`},
		{name: "relative workspace", text: "version: 1\nworkspace: {target: src}\n", want: `2:21: workspace.target: "src" is not an absolute path (or the word same)`},
		{name: "workspace over the root", text: "version: 1\nworkspace: {target: /x/..}\n", want: `2:21: workspace.target: "/x/.." is the root of the sandbox (or the word same)`, beyondSchema: true},
		{name: "no workspace mode", text: "version: 1\nworkspace: {mode: rx}\n", want: `2:19: workspace.mode: "rx" is none of rw, ro, overlay`},
		{name: "no port", text: "version: 1\nnetwork: {ports: [\"0\"]}\n", want: `2:19: network.ports[0]: "0" is no port: expected 8080, 8080:80, auto:80, 127.0.0.1:8080:80 or one of these with /udp`},
		{name: "port above the last", text: "version: 1\nnetwork: {ports: [\"80:65536\"]}\n", want: `2:19: network.ports[0]: "80:65536" is no port: expected 8080, 8080:80, auto:80, 127.0.0.1:8080:80 or one of these with /udp`, beyondSchema: true},
		{name: "port on a name", text: "version: 1\nnetwork: {ports: [\"localhost:80:80\"]}\n", want: `2:19: network.ports[0]: "localhost:80:80" is no port: expected 8080, 8080:80, auto:80, 127.0.0.1:8080:80 or one of these with /udp`},
		{name: "no name server", text: "version: 1\nnetwork: {dns: [dns.example]}\n", want: `2:17: network.dns[0]: "dns.example" is no IP address`},
		{name: "no port of the host", text: "version: 1\nnetwork: {host_loopback: [0]}\n", want: `2:27: network.host_loopback[0]: 0 is no port: 1 to 65535`},
		{name: "no network driver", text: "version: 1\nnetwork: {driver: tap}\n", want: `2:19: network.driver: "tap" is none of auto, pasta, slirp4netns, embedded`},
		{name: "no network mode", text: "version: 1\nnetwork: {mode: bridge}\n", want: `2:17: network.mode: "bridge" is none of private, filtered, none, host`},
		{name: "that word elsewhere", text: "version: 1\nworkspace: {mode: private}\n", want: `2:19: workspace.mode: "private" is none of rw, ro, overlay`},
		{name: "empty path", text: "version: 1\nenv_file: [\"\"]\n", want: `2:12: env_file[0]: is empty: expected a path`},
		{name: "line break in a path", text: "version: 1\nenv_file: [\"a\\nb\"]\n", want: `2:12: env_file[0]: "a\nb" holds a control character`},

		{name: "variable without a value", text: "version: 1\nenv:\n  A:\n  B: ~\n",
			want: "3:3: env.A: has no value: write \"\" for an empty one\n4:3: env.B: has no value: write \"\" for an empty one"},
		{name: "list as a variable", text: "version: 1\nenv: {A: [b]}\n", want: "2:10: env.A: expected text, found a list"},
		{name: "list as variables", text: "version: 1\nenv:\n  - A=b\n", want: "3:3: env: expected keys and values, found a list"},
		{name: "= in a variable's name", text: "version: 1\nenv: {\"A=B\": c}\n", want: "2:7: env.A=B: no name for a variable: it is empty, or holds a blank, = or a control character"},
		{name: "control character in a variable's name", text: "version: 1\nenv: {\"A\\eB\": c}\n", want: `2:7: env."A\x1bB": no name for a variable: it is empty, or holds a blank, = or a control character`},
		{name: "NUL in a variable", text: "version: 1\nenv: {A: \"\\0\"}\n", want: "2:7: env.A: holds a NUL character"},

		{name: "mount without a target", text: "version: 1\nmounts:\n  - source: a\n", want: "3:5: mounts[0].target: is missing"},
		{name: "bind without a source", text: "version: 1\nmounts:\n  - target: /a\n", want: "3:5: mounts[0].source: is missing: a bind needs one"},
		{name: "volume without a source", text: "version: 1\nmounts: [{type: volume, target: /a}]\n", want: "2:10: mounts[0].source: is missing: a volume needs one"},
		{name: "volume with a path", text: "version: 1\nmounts: [{type: volume, source: ./a, target: /a}]\n", want: `2:33: mounts[0].source: "./a" is no name: letters, digits, dots, - and _, at most 128, starting with a letter or a digit`},
		{name: "tmpfs with a source", text: "version: 1\nmounts: [{type: tmpfs, source: a, target: /a}]\n", want: "2:24: mounts[0].source: a tmpfs has no source"},
		{name: "bind with a size", text: "version: 1\nmounts: [{source: a, target: /a, size: 1m}]\n", want: "2:34: mounts[0].size: only a tmpfs has a size"},
		{name: "no type of mount", text: "version: 1\nmounts: [{type: nfs, target: /a, size: 1m}]\n", want: `2:17: mounts[0].type: "nfs" is none of bind, volume, tmpfs`},
		{name: "relative target", text: "version: 1\nmounts: [{source: a, target: a}]\n", want: `2:30: mounts[0].target: "a" is not an absolute path`},
		{name: "target of another home", text: "version: 1\nmounts: [{source: a, target: ~root/a}]\n", want: `2:30: mounts[0].target: "~root/a" is not an absolute path`},
		{name: "target over the root", text: "version: 1\nmounts: [{source: a, target: //}]\n", want: `2:30: mounts[0].target: "//" is the root of the sandbox`, beyondSchema: true},
		{name: "no size", text: "version: 1\nmounts: [{type: tmpfs, target: /a, size: 64mb}]\n", want: `2:42: mounts[0].size: "64mb" is no size: a number above 0 with k, m, g or t, such as 64m`},
		{name: "too large a size", text: "version: 1\nmounts: [{type: tmpfs, target: /a, size: 99999999t}]\n", want: `2:42: mounts[0].size: "99999999t" is no size: a number above 0 with k, m, g or t, such as 64m`, beyondSchema: true},

		{name: "no cache", text: "version: 1\ncaches: [go, nmp]\n", want: `2:14: caches[1]: "nmp" is no cache that is known: the nearest is npm`},
		{name: "cache like nothing", text: "version: 1\ncaches: [kubernetes]\n", want: `2:10: caches[0]: "kubernetes" is no cache that is known: there are apt, bundler, cargo, ccache, composer, go, gradle, maven, npm, pip, pnpm, uv, yarn`},
		{name: "no scope", text: "version: 1\ncache_scope: all\n", want: `2:14: cache_scope: "all" is none of user, project`},
		{name: "secret without a name", text: "version: 1\nsecrets: [{env: A}]\n", want: "2:11: secrets[0].name: is missing"},
		{name: "secret that climbs", text: "version: 1\nsecrets: [{name: ../x, env: A}]\n", want: `2:18: secrets[0].name: "../x" is no name: letters, digits, dots, - and _, at most 128, starting with a letter or a digit`},
		{name: "secret from nowhere", text: "version: 1\nsecrets: [{name: a}]\n", want: "2:11: secrets[0]: needs one of file, env and command: where the secret comes from"},
		{name: "secret from two places", text: "version: 1\nsecrets: [{name: a, env: A, file: b}]\n", want: "2:11: secrets[0]: has more than one of file, env and command"},
		{name: "secret twice", text: "version: 1\nsecrets: [{name: a, env: A}, {name: a, env: B}]\n", want: `2:37: secrets[1].name: "a" is here twice`, beyondSchema: true},
		{name: "secret of no variable", text: "version: 1\nsecrets: [{name: a, env: A=B}]\n", want: "2:26: secrets[0].env: no name for a variable: it is empty, or holds a blank, = or a control character"},
		{name: "secret by a shell line", text: "version: 1\nsecrets: [{name: a, command: pass a}]\n", want: `2:30: secrets[0].command: expected a list, found the text "pass a"`},
		{name: "secret by no command", text: "version: 1\nsecrets: [{name: a, command: []}]\n", want: "2:30: secrets[0].command: names no program", beyondSchema: true},
		{name: "secret by a command of the project", text: "version: 1\nsecrets: [{name: a, command: [./x]}]\n", want: `2:30: secrets[0].command: "./x" is a relative path: name a program on PATH, or an absolute path`, beyondSchema: true},
		{name: "secret by its value", text: "version: 1\nsecrets: [{name: a, env: A, value: x}]\n", want: `2:29: unknown key "value"`},
		{name: "dotfiles of an address", text: "version: 1\ndotfiles: {path: \"https://example.org/d\"}\n", want: `2:18: dotfiles.path: "https://example.org/d" is an address: clone it, and name the directory`, beyondSchema: true},
		{name: "number as a hook", text: "version: 1\nhooks: {create: 1}\n", want: "2:17: hooks.create: expected a text, a list or keys and values, found the number 1"},
		{name: "empty list as a hook", text: "version: 1\nhooks: {create: []}\n", want: "2:17: hooks.create: names no program"},
		{name: "number in a hook", text: "version: 1\nhooks: {create: [sleep, 1]}\n", want: "2:25: hooks.create[1]: expected text, found the number 1: put it in quotes"},
		{name: "keys in the keys of a hook", text: "version: 1\nhooks: {create: {a: {b: c}}}\n", want: "2:21: hooks.create.a: expected a text, a list or keys and values, found keys and values"},
		{name: "empty command of a hook", text: "version: 1\nhooks: {create: {a: \"\"}}\n", want: "2:18: hooks.create.a: has no command"},
		{name: "no name of a command", text: "version: 1\nhooks: {create: {a b: c}}\n", want: `2:18: hooks.create: "a b" is no name: letters, digits, dots, - and _, at most 128, starting with a letter or a digit`},

		{name: "empty file", text: "", want: "1:1: the file is empty: it needs at least the line version: 1", beyondSchema: true},
		{name: "comments only", text: "# nothing\n", want: "1:1: the file is empty: it needs at least the line version: 1", beyondSchema: true},
		{name: "dashes only", text: "---\n", want: "1:1: the file is empty: it needs at least the line version: 1", beyondSchema: true},
		{name: "two documents", text: "version: 1\n---\nversion: 1\n", want: "2:1: a second document (---): one file holds one configuration", beyondSchema: true},
		{name: "tab", text: "version: 1\nenv:\n\tA: b\n", want: "3:1: tabs are not allowed for indentation", beyondSchema: true},
		{name: "tab behind blanks", text: "version: 1\nenv:\n  A: b\n  \tB: c\n", want: "4:3: tabs are not allowed for indentation", beyondSchema: true},
		{name: "tab on the first line", text: "\tversion: 1\n", want: "1:1: tabs are not allowed for indentation", beyondSchema: true},
		{name: "tab before a list entry", text: "version: 1\nenv_file:\n\t- a\n", want: "3:1: tabs are not allowed for indentation", beyondSchema: true},
		{name: "syntax", text: "version: 1\nenv: {A: b\n", want: "2:6: not valid YAML: could not find flow mapping end token '}'", beyondSchema: true},
		{name: "not UTF-8", text: "version: 1\nname: \xff\n", want: "2:7: not UTF-8 text", beyondSchema: true},
		{name: "UTF-16", text: "\xff\xfev\x00", want: "1:1: not UTF-8 text", beyondSchema: true},
		{name: "control character", text: "version: 1\nname: a # \x1b[2J\n", want: `2:11: the character U+001B is not allowed; in a text in double quotes write \x1b`, beyondSchema: true},
		{name: "character that turns the direction", text: "version: 1\nname: a # \u202e\n", want: `2:11: the character U+202E is not allowed; in a text in double quotes write \u202e`, beyondSchema: true},
		{name: "lone carriage return", text: "version: 1\rname: a\n", want: "1:11: a carriage return without a line feed", beyondSchema: true},
		{name: "tag", text: "version: !!int 1\n", want: "1:10: tags (!!str) are not supported: put text in quotes", beyondSchema: true},
		{name: "directive", text: "%YAML 1.2\n---\nversion: 1\n", want: "1:1: directives (%YAML) are not supported", beyondSchema: true},
		{name: "question mark", text: "? version\n: 1\n", want: "1:1: keys after a question mark are not supported: write KEY: VALUE", beyondSchema: true},
		{name: "merge key", text: "version: 1\nnetwork: &n {mode: none}\nenv: {<<: *n}\n", want: "3:7: merge keys (<<) are not supported: write the keys out", beyondSchema: true},
		{name: "alias without an anchor", text: "version: 1\nname: *x\n", want: "2:7: no anchor &x above this alias", beyondSchema: true},
		{name: "alias of what holds it", text: "version: 1\nenv_file: &x [*x]\n", want: "2:15: no anchor &x above this alias", beyondSchema: true},
		{name: "alias as a key", text: "version: 1\nname: &x image\n*x : host\n", want: "3:1: expected a plain word as a key", beyondSchema: true},

		{name: "everything at once", text: "imgae: host\nenv: {A: [], B: c, B: d}\nmounts: [{target: a}]\nlimits: {pids: x}\n", want: `1:1: unknown key "imgae"
1:1: version: is missing: the file needs the line version: 1
2:10: env.A: expected text, found a list
2:20: env.B: is here twice: the first one is on line 2
3:10: mounts[0].source: is missing: a bind needs one
3:19: mounts[0].target: "a" is not an absolute path
4:16: limits.pids: expected a whole number, found the text "x"`, beyondSchema: true},
		{name: "after comments with Windows line ends", text: "# a\r\nversion: 1\r\n# b\r\n\r\nshell: x # c\r\nname: A\r\n", want: `5:8: shell: "x" is not an absolute path
6:7: name: "A" is no name: small letters, digits, dots, - and _, at most 63, starting with a letter or a digit`},
		{name: "after Windows line ends and other alphabets", text: "version: 1\r\nenv: {Ä: ö, Ü: 'ß', ñ: [é]}\r\n", want: "2:24: env.ñ: expected text, found a list"},
	}
}
