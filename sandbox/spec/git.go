package spec

// What code inside may change of what git runs (Spec.GitHooks).
const (
	GitProtect  = ""         // hooks and settings are read-only
	GitReadOnly = "readonly" // so is all of the repository
	GitAllow    = "allow"    // nothing is
)
