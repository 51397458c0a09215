package config

import (
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// start is the first token of a node: of a mapping in block style, its first key.
func start(n ast.Node) *token.Token {
	switch n := n.(type) {
	case nil:
		return nil
	case *ast.MappingNode:
		if n.IsFlowStyle || len(n.Values) == 0 {
			return n.Start
		}
		return start(n.Values[0].Key)
	case *ast.MappingValueNode:
		return start(n.Key)
	}
	return n.GetToken()
}

// follow goes through anchors and aliases to the value; nil when an alias has no anchor.
func (d *decoder) follow(n ast.Node) ast.Node {
	for {
		switch at := n.(type) {
		case *ast.AnchorNode:
			n = at.Value
		case *ast.AliasNode:
			target, ok := d.aliases[at]
			if !ok {
				d.fail(at.GetToken(), "", "no anchor &"+printable(name(at.Value))+" above this alias")
				return nil
			}
			n = target
		default:
			return n
		}
	}
}

// describe names what stands in the file, for "expected this, found that".
func describe(n ast.Node) string {
	switch n := n.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		return "keys and values"
	case *ast.SequenceNode:
		return "a list"
	case *ast.StringNode:
		return "the text " + quoted(n.Value)
	case *ast.LiteralNode:
		return "a text of several lines"
	case *ast.NullNode:
		return "nothing"
	case *ast.BoolNode:
		return n.GetToken().Value
	case *ast.IntegerNode, *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
		return "the number " + printable(n.GetToken().Value)
	}
	return "something else"
}

// word is a scalar as it is written; text tells words in quotes and blocks, which
// are what they are, from those that YAML takes for a number or a truth value.
func word(n ast.Node) (s string, text, ok bool) {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value, true, true
	case *ast.LiteralNode:
		return n.Value.Value, true, true
	case *ast.BoolNode, *ast.IntegerNode, *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
		return n.GetToken().Value, false, true
	}
	return "", false, false
}

// keyWord is the text of a mapping's key.
func keyWord(k ast.MapKeyNode) (string, bool) {
	switch k := k.(type) {
	case *ast.StringNode:
		return k.Value, true
	case *ast.BoolNode, *ast.IntegerNode, *ast.FloatNode, *ast.InfinityNode, *ast.NanNode, *ast.NullNode:
		return k.GetToken().Value, true
	}
	return "", false
}
