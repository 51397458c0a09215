package config

// Config is a .sandbox.yaml. The comments of these types are the descriptions of
// the JSON Schema; the tags say what a value may be, for the decoder and for the
// schema alike:
//
//	enum:"a b"       one of these words
//	check:"name"     a rule of its own, see checks.go
//	max:"100"        the largest number; the smallest is 0
//	required:"true"  may not be left out
//	raw:"true"       a command: no variable is put in
type Config struct {
	// Version of this format: 1.
	Version int `yaml:"version" json:"version" check:"version" required:"true"`
	// Name of the sandbox, for people. Default: the name of the project's directory.
	Name string `yaml:"name" json:"name,omitempty" check:"name"`
	// Image is where the root file system comes from: host (this machine's own system directories, read-only), a reference of a registry such as golang:1.26 or docker://docker.io/library/golang:1.26, apt:SUITE (made from Debian packages), or a path relative to the project: rootfs:PATH (a directory or a tar archive), oci:DIR, oci-archive:FILE, docker-archive:FILE.
	Image string `yaml:"image" json:"image,omitempty" check:"image"`
	// Build makes the image of a Dockerfile, in place of image: exactly one of them.
	Build Build `yaml:"build" json:"build,omitzero"`
	// Devcontainer is a devcontainer.json, relative to the project, that is taken too. The keys here win over it.
	Devcontainer string `yaml:"devcontainer" json:"devcontainer,omitempty" check:"path"`
	// Packages are installed on top of the image, by its own package manager.
	Packages []string `yaml:"packages" json:"packages,omitempty" check:"package"`
	// Apt says where the packages of an apt: image come from.
	Apt Apt `yaml:"apt" json:"apt,omitzero"`
	// Registry is how images of registries are reached. It belongs into your own settings; in a project it needs your word.
	Registry Registry `yaml:"registry" json:"registry,omitzero"`
	// Features of dev containers that are installed on top of the image: a name of a registry, an address of an archive, or a folder as ./DIR, with options, a version, or true.
	Features map[string]FeatureOptions `yaml:"features" json:"features,omitempty" check:"feature"`
	// FeatureOrder names features, without versions, that are installed as early as what they need allows, the first one first.
	FeatureOrder []string `yaml:"feature_order" json:"feature_order,omitempty" check:"feature"`
	// User is who you are inside: keep (your own name and id), root, or a user of the image.
	User string `yaml:"user" json:"user,omitempty" check:"user"`
	// Workspace is where and how the project appears inside.
	Workspace Workspace `yaml:"workspace" json:"workspace,omitzero"`
	// Shell is the absolute path of the login shell. Default: the user's shell in the image.
	Shell string `yaml:"shell" json:"shell,omitempty" check:"shell"`
	// Env are variables of every command inside.
	Env map[string]string `yaml:"env" json:"env,omitempty" check:"env"`
	// EnvFile are files of KEY=value lines, relative to the project; env wins over them.
	EnvFile []string `yaml:"env_file" json:"env_file,omitempty" check:"path"`
	// PassEnv are names of variables of your environment that commands inside have too, with the value that they have when a command starts. In a project it needs your word.
	PassEnv []string `yaml:"pass_env" json:"pass_env,omitempty" check:"host_variable"`
	// Mounts are further directories and files inside.
	Mounts []Mount `yaml:"mounts" json:"mounts,omitempty"`
	// Caches of tools that are kept for the next sandbox, each at its tool's own place.
	Caches []string `yaml:"caches" json:"caches,omitempty" check:"cache"`
	// CacheScope is who shares the caches: user (all of your projects) or project (this one alone).
	CacheScope string `yaml:"cache_scope" json:"cache_scope,omitempty" enum:"user project"`
	// Secrets are values that commands inside read from /run/secrets/NAME; they are kept in memory only.
	Secrets []Secret `yaml:"secrets" json:"secrets,omitempty"`
	// Dotfiles are your own settings for shells and editors. They belong into your own config.yaml; a project's files may not name them.
	Dotfiles Dotfiles `yaml:"dotfiles" json:"dotfiles,omitzero"`
	// GitHooks says what code inside may change of what git outside runs: protect (hooks and settings of the project's repository are read-only), readonly (all of the repository is) or allow (nothing is; needs your word).
	GitHooks string `yaml:"git_hooks" json:"git_hooks,omitempty" enum:"protect readonly allow"`
	// SSHAgent gives commands inside your ssh agent. It needs your word in a project.
	SSHAgent bool `yaml:"ssh_agent" json:"ssh_agent,omitempty"`
	// Network is what the sandbox can reach.
	Network Network `yaml:"network" json:"network,omitzero"`
	// Test are the tests that `sandbox test` runs, by name; matrix is what they are run over with --matrix.
	Test Tests `yaml:"test" json:"test,omitzero"`
	// Limits of what the sandbox may use.
	Limits Limits `yaml:"limits" json:"limits,omitzero"`
	// Security is what processes inside may do beyond the usual, or less than that. What adds rights needs your word in a project.
	Security Security `yaml:"security" json:"security,omitzero"`
	// GPU shows the graphics devices of this host inside. In a project it needs your word.
	GPU bool `yaml:"gpu" json:"gpu,omitempty"`
	// Hooks are commands that run inside, as the user, in the project (initialize: on the host): a text is run by the shell, a list is a program with its arguments, keys and values run side by side.
	Hooks Hooks `yaml:"hooks" json:"hooks,omitzero"`
	// Services are programs that run beside the commands of the sandbox, by name. Other programs inside reach them by their names.
	Services map[string]Service `yaml:"services" json:"services,omitempty"`
	// Watch are commands that sandbox watch runs inside on each change of files, by name.
	Watch map[string]WatchRule `yaml:"watch" json:"watch,omitempty"`
}

// Apt says where the packages of an apt: image come from.
type Apt struct {
	// Mirror is the address of the archive. Default: that of this machine's own apt sources.
	Mirror string `yaml:"mirror" json:"mirror,omitempty" check:"url"`
	// Components of the archive. Default: main.
	Components []string `yaml:"components" json:"components,omitempty" check:"package"`
	// Snapshot is a time, such as 20260101T000000Z: the archive as it was then. The mirror must keep snapshots.
	Snapshot string `yaml:"snapshot" json:"snapshot,omitempty" check:"package"`
	// Keyring is a file of OpenPGP keys, relative to the project, that the archive is signed by. Default: this machine's keyrings.
	Keyring string `yaml:"keyring" json:"keyring,omitempty" check:"path"`
}

// Registry is how images of registries are reached.
type Registry struct {
	// Mirrors stand in front of registries.
	Mirrors []Mirror `yaml:"mirrors" json:"mirrors,omitempty"`
	// CAFile is a file of certificates, PEM, that registries are trusted by besides the system's.
	CAFile string `yaml:"ca_file" json:"ca_file,omitempty" check:"path"`
}

// Mirror stands in front of a registry.
type Mirror struct {
	// Prefix of the references that it stands for: docker.io, or docker.io/library.
	Prefix string `yaml:"prefix" json:"prefix,omitempty" check:"reference" required:"true"`
	// With are the prefixes to use instead, in order.
	With []string `yaml:"with" json:"with,omitempty" check:"reference"`
	// Only leaves the registry itself alone when no mirror has the image.
	Only bool `yaml:"only" json:"only,omitempty"`
}

// Workspace is where and how the project appears inside.
type Workspace struct {
	// Root is what appears: here (the project's directory) or git (all of the git repository that it is in; commands start in the project).
	Root string `yaml:"root" json:"root,omitempty" enum:"here git"`
	// Target is the project's path inside: same (its path on the host) or an absolute path.
	Target string `yaml:"target" json:"target,omitempty" check:"workspace"`
	// Mode is rw (writes reach the project), ro, or overlay (writes stay in the sandbox).
	Mode string `yaml:"mode" json:"mode,omitempty" enum:"rw ro overlay"`
}

// Mount is a further directory or file inside.
type Mount struct {
	// Type is bind (a path of the host), volume (kept by name, outlives the sandbox) or tmpfs (in memory). Default: bind.
	Type string `yaml:"type" json:"type,omitempty" enum:"bind volume tmpfs"`
	// Source is a path of the host (bind; relative to the project, ~ is your home) or a volume's name.
	Source string `yaml:"source" json:"source,omitempty" check:"path"`
	// Target is the absolute path inside; ~/ is the home inside.
	Target string `yaml:"target" json:"target,omitempty" check:"target" required:"true"`
	// ReadOnly refuses writes.
	ReadOnly bool `yaml:"readonly" json:"readonly,omitempty"`
	// Size of a tmpfs: bytes, or with k, m, g or t. Default: half of the memory.
	Size string `yaml:"size" json:"size,omitempty" check:"size"`
}

// Network is what the sandbox can reach.
type Network struct {
	// Mode is private (a network of its own that reaches out), filtered (a proxy, which lets through what allow names), none (only itself) or host (this machine's network; needs your word).
	Mode string `yaml:"mode" json:"mode,omitempty" enum:"private filtered none host"`
	// Allow names what a filtered network reaches: HOST, *.DOMAIN, an address or a range of them, each with :PORT or without, and tool:NAME for the hosts that apt, git, go, npm or pip is set up with on this machine.
	Allow []string `yaml:"allow" json:"allow,omitempty" check:"allow"`
	// Driver is what connects a private network: auto (the first that works), pasta, slirp4netns or embedded.
	Driver string `yaml:"driver" json:"driver,omitempty" enum:"auto pasta slirp4netns embedded"`
	// Ports of this machine that lead into the sandbox: [IP:][HOST:]INSIDE[/udp], on 127.0.0.1 unless an IP is written; auto instead of HOST takes the next free one.
	Ports []string `yaml:"ports" json:"ports,omitempty" check:"port"`
	// AutoForward makes what starts to listen inside reachable on 127.0.0.1, and says so.
	AutoForward bool `yaml:"auto_forward" json:"auto_forward,omitempty"`
	// DNS are the name servers to ask. Default: this machine's.
	DNS []string `yaml:"dns" json:"dns,omitempty" check:"ip"`
	// HostLoopback are ports of this machine's loopback that can be reached inside as host.sandbox.internal; they need your word.
	HostLoopback []int `yaml:"host_loopback" json:"host_loopback,omitempty" check:"port" max:"65535"`
}

// Limits of what the sandbox may use; 0 is no limit.
type Limits struct {
	// Memory that all processes inside may use together: bytes, or with k, m, g or t. It needs control groups that are delegated to you.
	Memory string `yaml:"memory" json:"memory,omitempty" check:"memory"`
	// CPUs is how much processor time they may use together: 1.5 is that of one and a half processors. It needs control groups that are delegated to you.
	CPUs float64 `yaml:"cpus" json:"cpus,omitempty" max:"4096"`
	// PIDs is how many processes and threads there may be.
	PIDs int `yaml:"pids" json:"pids,omitempty" max:"4194304"`
	// NoFile is how many files a process may have open.
	NoFile int `yaml:"nofile" json:"nofile,omitempty" max:"1048576"`
}

// Hooks are commands at points of the sandbox's life.
type Hooks struct {
	// Initialize runs on the host, in the project, at each up, before anything else. It needs your word.
	Initialize Hook `yaml:"initialize" json:"initialize,omitzero"`
	// Create runs once per sandbox, and again when it reads otherwise.
	Create Hook `yaml:"create" json:"create,omitzero"`
	// Update runs after create, and when this file or the image changed.
	Update Hook `yaml:"update" json:"update,omitzero"`
	// PostCreate runs after update, once per sandbox, and again when it reads otherwise.
	PostCreate Hook `yaml:"post_create" json:"post_create,omitzero"`
	// Start runs at each start.
	Start Hook `yaml:"start" json:"start,omitzero"`
	// Attach runs before each shell.
	Attach Hook `yaml:"attach" json:"attach,omitzero"`
}
