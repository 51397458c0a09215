package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// LocalName is the file of a project with settings that are not for its repository.
const LocalName = ".sandbox.local.yaml"

const projectName = ".sandbox.yaml"

// ProjectName is the file that configures a project.
const ProjectName = projectName

// Project is where a project is, and what configures it.
type Project struct {
	Dir          string   // absolute, without symbolic links
	File         string   // absolute path of .sandbox.yaml, or ""
	Devcontainer string   // absolute path of a devcontainer.json found instead, or ""
	Several      []string // of them, where there is none that comes first
}

// Find looks for a project from a directory upward: the nearest directory with a
// configuration, else the nearest with a .git of the caller, else start itself.
// It takes nothing from home, from the directories above home or from /, and reads
// no file: a few lstat(2) per level, since every exec begins with it. A
// configuration that belongs to another user is an *OwnerError.
func Find(start, home string) (Project, error) {
	start, err := directory(start)
	if err != nil {
		return Project{}, err
	}
	home = resolved(home)
	root := ""
	for dir := start; !reserved(dir, home); dir = filepath.Dir(dir) {
		if p, err := look(dir); err != nil || p.Dir != "" {
			return p, err
		}
		if root == "" && mine(filepath.Join(dir, ".git")) {
			root = dir
		}
	}
	if root == "" {
		root = start
	}
	return Project{Dir: root}, nil
}

func directory(path string) (string, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("project directory %s: %w", path, err)
	}
	dir, err := filepath.EvalSymlinks(abs)
	if err != nil {
		return "", fmt.Errorf("project directory: %w", err)
	}
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return "", fmt.Errorf("project directory %s: not a directory", dir)
	}
	return dir, nil
}

// look sees whether a directory holds a configuration.
func look(dir string) (Project, error) {
	for _, name := range []string{projectName, ".devcontainer/devcontainer.json", ".devcontainer.json"} {
		path := filepath.Join(dir, name)
		info, err := os.Lstat(path)
		if err != nil {
			continue
		}
		if err := checkFile(dir, name, info); err != nil {
			return Project{}, err
		}
		if name == projectName {
			return Project{Dir: dir, File: path}, nil
		}
		return Project{Dir: dir, Devcontainer: path}, nil
	}
	return lookBelow(dir)
}

// lookBelow finds .devcontainer/NAME/devcontainer.json, of which there may be several.
func lookBelow(dir string) (Project, error) {
	const below, most = ".devcontainer", 100
	if info, err := os.Lstat(filepath.Join(dir, below)); err != nil || !info.IsDir() {
		return Project{}, nil
	}
	entries, err := os.ReadDir(filepath.Join(dir, below))
	if err != nil {
		return Project{}, nil // whoever may not look there finds nothing
	}
	var found []string
	for _, e := range entries {
		name := filepath.Join(below, e.Name(), "devcontainer.json")
		info, err := os.Lstat(filepath.Join(dir, name))
		if err != nil || len(found) >= most {
			continue
		}
		if err := checkFile(dir, name, info); err != nil {
			return Project{}, err
		}
		found = append(found, filepath.Join(dir, name))
	}
	switch len(found) {
	case 0:
		return Project{}, nil
	case 1:
		return Project{Dir: dir, Devcontainer: found[0]}, nil
	}
	return Project{Dir: dir, Several: found}, nil
}

// checkFile says whether the file of a project may be read at all.
func checkFile(dir, name string, info fs.FileInfo) error {
	path := filepath.Join(dir, name)
	if !info.Mode().IsRegular() || strings.Contains(name, "/") {
		root, err := os.OpenRoot(dir)
		if err != nil {
			return fmt.Errorf("open project: %w", err)
		}
		defer root.Close()
		if info, err = root.Stat(name); err != nil {
			return linkProblem(path, err)
		}
	}
	return checkInfo(path, info)
}

// checkInfo refuses what would hang a reader, and what somebody else wrote.
func checkInfo(path string, info fs.FileInfo) error {
	if !info.Mode().IsRegular() {
		return fileProblem(path, "not a regular file")
	}
	if uid, ok := owner(info); !ok {
		return &OwnerError{Path: path, UID: uid}
	}
	return nil
}

// linkProblem is about a name that is there and leads to no file below its directory.
func linkProblem(path string, err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fileProblem(path, "a symbolic link to nothing")
	case errors.Is(err, fs.ErrPermission):
		return readError(path, err)
	}
	return fileProblem(path, "a symbolic link must be relative and stay in the directory of the project")
}

// reserved reports directories from which no configuration is taken: what is said
// there would hold for everything below.
func reserved(dir, home string) bool {
	return dir == "/" || within(home, dir)
}

// within reports whether a path is dir or below it; both are clean and absolute.
func within(path, dir string) bool {
	return path == dir || strings.HasPrefix(path, strings.TrimSuffix(dir, "/")+"/")
}

// resolved is a path without symbolic links, or just clean where that fails;
// empty for a path that is not absolute.
func resolved(path string) string {
	if !filepath.IsAbs(path) {
		return ""
	}
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	return filepath.Clean(path)
}
