package gitrepo

import (
	"path/filepath"
	"strings"
)

// Repo is where the git directory of a project is; the zero Repo is none.
type Repo struct {
	// Dir is the project's git directory, on the host, without symbolic links.
	Dir string
	// Common has the settings, the hooks and the objects: Dir itself, but for a worktree.
	Common string
	// Outside: Common is not in the project. Seen is then its path as the
	// project's .git file has it, which a git inside follows.
	Outside bool
	Seen    string

	relative bool // as the .git file has it
}

// Inside is where Seen is for a git that sees the project at target; not ok where
// the repository itself says that the project is elsewhere.
func (r Repo) Inside(project, target string) (string, bool) {
	switch {
	case target == project || r.Linked() && !r.relative:
		return r.Seen, true
	case r.Linked():
		rel, err := filepath.Rel(project, r.Seen)
		return filepath.Join(target, rel), err == nil
	}
	return "", false
}

// Linked reports whether this is a worktree of a repository that is elsewhere.
func (r Repo) Linked() bool { return r.Dir != r.Common }

// Find looks at the .git of a project, an absolute path without symbolic links.
// why says, where there is one that is not taken, what is wrong with it.
//
// A .git that is a file names a directory, and may have come with the project: it is
// believed only if what it names points back, which nobody but the owner of that
// directory can have written.
func Find(project string) (r Repo, why string) {
	path := filepath.Join(project, ".git")
	switch kindOf(path) {
	case nothing:
		return Repo{}, ""
	case directory:
		return Repo{Dir: path, Common: path}, ""
	case file:
		return followFile(project, path)
	case link:
		return Repo{}, "it is a symbolic link"
	}
	return Repo{}, "it is neither a directory nor a file"
}

// followFile reads `gitdir: PATH`, see gitrepository-layout(5).
func followFile(project, path string) (Repo, string) {
	text, err := readText(path, false)
	name, ok := strings.CutPrefix(strings.TrimRight(text, "\r\n"), "gitdir: ")
	if err != nil || !ok || name == "" || strings.ContainsAny(name, "\x00\n") || len(name) > 4095 {
		return Repo{}, "it is a file that names no directory"
	}
	seen := absolute(name, project)
	dir, err := filepath.EvalSymlinks(seen)
	switch {
	case err != nil:
		return Repo{}, "the directory that it names is not there"
	case within(seen, project) || within(dir, project):
		if seen != dir || !isGitDir(dir) {
			return Repo{}, "what it names in the project is no git directory, or a symbolic link"
		}
		return Repo{Dir: dir, Common: dir}, ""
	case within(project, filepath.Dir(filepath.Dir(dir))):
		return Repo{}, "the project lies in the repository that it names"
	case !mine(dir):
		return Repo{}, "the directory that it names is not yours"
	}
	if common, ok := worktreeOf(dir, path); ok {
		return Repo{
			Dir: dir, Common: common, Outside: true, Seen: filepath.Dir(filepath.Dir(seen)), relative: !filepath.IsAbs(name),
		}, ""
	}
	if isGitDir(dir) && pointsAt(dir, project) {
		return Repo{Dir: dir, Common: dir, Outside: true, Seen: seen}, ""
	}
	return Repo{}, "the directory that it names does not name this project"
}

// worktreeOf gives the repository that dir, COMMON/worktrees/NAME, belongs to, if
// dir says that its worktree has the .git file link; see git-worktree(1), "Details".
func worktreeOf(dir, link string) (common string, ok bool) {
	common = filepath.Dir(filepath.Dir(dir))
	if filepath.Base(filepath.Dir(dir)) != "worktrees" || kindOf(filepath.Join(dir, "HEAD")) != file {
		return "", false
	}
	return common, leadsTo(dir, "commondir", common) && leadsTo(dir, "gitdir", link) && isGitDir(common) && mine(common)
}

// leadsTo reports whether a file of dir holds a path to target.
func leadsTo(dir, name, target string) bool {
	text, err := readText(filepath.Join(dir, name), false)
	text = strings.TrimRight(text, "\r\n")
	if err != nil || text == "" {
		return false
	}
	real, err := filepath.EvalSymlinks(absolute(text, dir))
	return err == nil && real == target
}

// pointsAt reports whether a git directory's own settings name project as its
// work tree, as those of a submodule do.
func pointsAt(dir, project string) bool {
	text, err := readText(filepath.Join(dir, "config"), false)
	if err != nil {
		return false
	}
	tree := ""
	for _, v := range parseConfig(text) {
		if v.section == "core" && v.sub == "" && v.name == "worktree" {
			tree = v.value
		}
	}
	if tree == "" {
		return false
	}
	real, err := filepath.EvalSymlinks(absolute(tree, dir))
	return err == nil && real == project
}

// isGitDir goes by what git's own is_git_directory wants to see.
func isGitDir(dir string) bool {
	return kindOf(filepath.Join(dir, "HEAD")) == file &&
		kindOf(filepath.Join(dir, "objects")) == directory && kindOf(filepath.Join(dir, "refs")) == directory
}
