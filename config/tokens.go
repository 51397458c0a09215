package config

import (
	"fmt"

	"github.com/goccy/go-yaml/token"
)

// The parser keeps the whole path of every value and compares keys pairwise, so
// its cost grows faster than the file. These limits keep it to milliseconds.
const (
	maxFile    = 1 << 20
	maxTokens  = 20_000
	maxNesting = 16
	maxKey     = 256
)

// checkTokens refuses, before anything is built of them, words in a number, a
// depth or a form that no configuration has.
func checkTokens(tokens token.Tokens) (*token.Token, string) {
	if len(tokens) > maxTokens {
		return tokens[maxTokens], fmt.Sprintf("too long: more than %d words and signs", maxTokens)
	}
	for i, tk := range tokens {
		if message := refusedToken(tokens, i); message != "" {
			return tk, message
		}
	}
	if tk := tooDeep(tokens); tk != nil {
		return tk, fmt.Sprintf("nested deeper than %d levels", maxNesting)
	}
	return nil, ""
}

func refusedToken(tokens token.Tokens, i int) string {
	switch tokens[i].Type {
	case token.TagType:
		return "tags (!!str) are not supported: put text in quotes"
	case token.DirectiveType:
		return "directives (%YAML) are not supported"
	case token.MappingKeyType:
		return "keys after a question mark are not supported: write KEY: VALUE"
	case token.MergeKeyType:
		return "merge keys (<<) are not supported: write the keys out"
	case token.MappingValueType:
		if i > 0 && len(tokens[i-1].Value) > maxKey {
			return fmt.Sprintf("a key longer than %d characters", maxKey)
		}
	}
	return ""
}

// block is an open mapping or list in block style, by the column where it starts.
type block struct {
	column int
	list   bool
}

// tooDeep is the first token beyond the allowed nesting. It goes by columns, as
// YAML does, and never counts less than the parser will.
func tooDeep(tokens token.Tokens) *token.Token {
	var open []block
	flow := 0
	for i, tk := range tokens {
		switch {
		case tk.Type == token.MappingStartType || tk.Type == token.SequenceStartType:
			flow++
		case tk.Type == token.MappingEndType || tk.Type == token.SequenceEndType:
			flow = max(0, flow-1)
		case flow > 0:
		case tk.Type == token.SequenceEntryType:
			open = enter(open, block{tk.Position.Column, true})
		case tk.Type == token.MappingValueType && i > 0:
			open = enter(open, block{tokens[i-1].Position.Column, false})
		}
		if len(open)+flow > maxNesting {
			return tk
		}
	}
	return nil
}

// enter closes what the next entry ends. A list may start in the column of its
// key, so there a dash goes into the mapping and a key ends the list.
func enter(open []block, next block) []block {
	for len(open) > 0 {
		last := open[len(open)-1]
		if last.column < next.column || last.column == next.column && next.list && !last.list {
			break
		}
		open = open[:len(open)-1]
	}
	return append(open, next)
}
