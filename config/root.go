package config

import "path/filepath"

// findRoot finds the directory that appears inside. That of a git repository has a
// .git of the caller, and is neither home nor above it.
func (l *Loaded) findRoot() Problems {
	l.Root = l.Project.Dir
	if l.Config.Workspace.Root != "git" {
		return nil
	}
	for dir := l.Project.Dir; !reserved(dir, l.home); dir = filepath.Dir(dir) {
		if mine(filepath.Join(dir, ".git")) {
			l.Root = dir
			return nil
		}
	}
	const key = "workspace.root"
	at := l.Origins[key]
	return Problems{{File: at.File, Line: at.Line, Column: at.Column, Key: key, Message: key + ": git, but the project is in no repository of yours"}}
}
