package dockerfile

import (
	"errors"
	"path"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/dfgitutil"
)

// parsedGit is a source of ADD that is a repository.
type parsedGit struct {
	Git
	commit string // that it is pinned to, by the address itself
}

// parseGit reads https://HOST/PATH.git#REF:DIR and its other spelling, with ?ref=.
func parseGit(source string, keep *bool) (parsedGit, bool, error) {
	ref, isGit, err := dfgitutil.ParseGitRef(source)
	if !isGit || ref != nil && ref.IndistinguishableFromLocal {
		return parsedGit{}, false, nil // a file, or the address of one
	}
	if err != nil {
		return parsedGit{}, true, err
	}
	if !isURL(ref.Remote) {
		return parsedGit{}, true, errors.New("a git repository is fetched by https alone: a build has no key of yours")
	}
	if ref.Submodules != nil && *ref.Submodules {
		return parsedGit{}, true, errors.New("submodules of a git repository are not fetched")
	}
	if strings.HasPrefix(ref.Ref, "-") {
		return parsedGit{}, true, errors.New("that is no name of a branch, a tag or a commit")
	}
	g := parsedGit{Git: Git{Remote: ref.Remote, Ref: ref.Ref, Dir: strings.TrimPrefix(path.Join("/", ref.SubDir), "/")}, commit: ref.Checksum}
	if keep == nil {
		keep = ref.KeepGitDir
	}
	g.Keep = keep != nil && *keep
	return g, true, nil
}

// isCommit: the whole name of one, or what it begins with.
func isCommit(s string) bool {
	return len(s) >= 7 && len(s) <= 64 && strings.Trim(s, "0123456789abcdef") == ""
}
