// Package gitrepo answers: which files of a repository make git run programs,
// and what does the user's own git configuration say?
//
// It reads git's files itself and never starts git: in a repository that somebody
// else wrote, git runs what that repository says.
package gitrepo
