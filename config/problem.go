package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Problem is one thing that is wrong with the configuration.
type Problem struct {
	File    string // empty for a variable or a flag
	Line    int    // 1-based; 0: the file as a whole
	Column  int    // 1-based, in characters
	Key     string // the path of the key: network.mode, mounts[0].target
	Message string // names the key, says what is wrong
	Nearest string // the key that was probably meant
	Source  string // the text of the line; empty when it is too long to show
}

func (p Problem) Error() string {
	switch {
	case p.File == "":
		return p.Message
	case p.Line == 0:
		return p.File + ": " + p.Message
	}
	return fmt.Sprintf("%s:%d:%d: %s", p.File, p.Line, p.Column, p.Message)
}

// Problems is everything that is wrong, in the order of the files.
type Problems []Problem

// Error is one line per problem.
func (ps Problems) Error() string {
	lines := make([]string, 0, len(ps))
	for _, p := range ps {
		lines = append(lines, p.Error())
	}
	return strings.Join(lines, "\n")
}

// sorted puts the problems of one file in the order of its lines.
func (ps Problems) sorted() Problems {
	slices.SortStableFunc(ps, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return ps
}

// fileProblem is about a file as a whole.
func fileProblem(file, message string) Problems { return Problems{{File: file, Message: message}} }
