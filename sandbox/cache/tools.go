package cache

// tools is the table. What each says of its locks is in docs/caches.md.
func tools() []Tool {
	return []Tool{
		{Name: "apt", Source: "apt.conf(5), apt-get(8)", Places: []Place{
			{Part: "archives", Path: "/var/cache/apt/archives", System: true},
		}},
		{Name: "bundler", Source: "bundle-config(1): global_gem_cache", Places: []Place{
			{Part: "cache", Path: ".bundle/cache", Var: "BUNDLE_USER_CACHE", Tell: true},
		}, Set: []string{"BUNDLE_GLOBAL_GEM_CACHE=true"}},
		{Name: "cargo", Source: "The Cargo Book: Cargo Home; rust-lang/cargo issue 11376 for the lock", Places: []Place{
			{Part: "registry", Path: ".cargo/registry", Var: "CARGO_HOME", Sub: "registry"},
			{Part: "git", Path: ".cargo/git", Var: "CARGO_HOME", Sub: "git"},
			// The lock of both lies beside them.
			{Part: "package-cache", Path: ".cargo/.package-cache", Var: "CARGO_HOME", Sub: ".package-cache", File: true},
		}},
		{Name: "ccache", Source: "ccache(1): CCACHE_DIR", Places: []Place{
			{Part: "cache", Path: ".cache/ccache", Var: "CCACHE_DIR", Tell: true},
		}},
		{Name: "composer", Source: "Composer: Command-line interface, COMPOSER_CACHE_DIR", Places: []Place{
			{Part: "cache", Path: ".cache/composer", Var: "COMPOSER_CACHE_DIR", Tell: true},
		}},
		{Name: "go", Source: "go help environment", Places: []Place{
			{Part: "mod", Path: "go/pkg/mod", Var: "GOMODCACHE", Tell: true},
			{Part: "build", Path: ".cache/go-build", Var: "GOCACHE", Tell: true},
		}},
		// Whoever holds a lock of gradle is asked for it over the loopback interface, which two sandboxes do not share.
		{Name: "gradle", Alone: true, Source: "Gradle User Manual: Gradle-managed Directories", Places: []Place{
			{Part: "caches", Path: ".gradle/caches", Var: "GRADLE_USER_HOME", Sub: "caches"},
			{Part: "wrapper", Path: ".gradle/wrapper", Var: "GRADLE_USER_HOME", Sub: "wrapper"},
		}},
		// By default maven locks its repository within one process only; from 3.9 on it can do better.
		{Name: "maven", Source: "Maven Resolver: Named Locks; Maven: Configuring, MAVEN_ARGS", Places: []Place{
			{Part: "repository", Path: ".m2/repository"},
		}, Set: []string{"MAVEN_ARGS=-Daether.syncContext.named.factory=file-lock -Daether.syncContext.named.nameMapper=file-gav"}},
		{Name: "npm", Source: "npm: config, cache; npm-cache(1)", Places: []Place{
			{Part: "cache", Path: ".npm", Var: "npm_config_cache", Tell: true},
		}},
		{Name: "pip", Source: "pip: Caching", Places: []Place{
			{Part: "cache", Path: ".cache/pip", Var: "PIP_CACHE_DIR", Tell: true},
		}},
		// Not told, pnpm makes a store in the project: that is another file system than the home's.
		// From version 11 on it reads variables of its own name.
		{Name: "pnpm", Source: "pnpm: Settings, storeDir", Places: []Place{
			{Part: "store", Path: ".local/share/pnpm/store", Var: "npm_config_store_dir", Tell: true},
		}, Set: []string{"pnpm_config_store_dir=~/.local/share/pnpm/store"}},
		{Name: "uv", Source: "uv: Caching; UV_LINK_MODE", Places: []Place{
			{Part: "cache", Path: ".cache/uv", Var: "UV_CACHE_DIR", Tell: true},
		}, Set: []string{"UV_LINK_MODE=copy"}},
		// YARN_CACHE_FOLDER is not set: it would move a cache that a project keeps in itself.
		{Name: "yarn", Source: "Yarn 1: yarn cache; Yarn: Configuration options, globalFolder", Places: []Place{
			{Part: "classic", Path: ".cache/yarn", Root: "/usr/local/share/.cache/yarn"},
			{Part: "berry", Path: ".yarn/berry/cache", Var: "YARN_GLOBAL_FOLDER", Sub: "cache"},
		}},
	}
}
