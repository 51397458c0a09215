package sandbox

import "github.com/rootless-sandbox/sandbox/sandbox/internal/gitrepo"

// Published says how a file of a project, by its name, gets to others with the
// repository: "is in the repository", "is not ignored by git"; "" if it does not.
// It runs no git and reads a few small files.
func Published(dir, name string, getenv func(string) string) string {
	return gitrepo.Published(dir, name, gitrepo.ReadUser(getenv, getenv("HOME"), "").Excludes)
}

// GitExcludes is the user's own list of what git ignores, or where git looks for it.
func GitExcludes(getenv func(string) string) string {
	return gitrepo.ReadUser(getenv, getenv("HOME"), "").Excludes
}
