package config

import "github.com/goccy/go-yaml/ast"

// anchors finds what each alias stands for: the nearest anchor of its name above
// it (YAML 1.2, section 3.2.2.2). An anchor counts from its end on, so that
// nothing can hold itself.
func anchors(root ast.Node) map[*ast.AliasNode]ast.Node {
	w := anchorWalk{named: map[string]ast.Node{}, found: map[*ast.AliasNode]ast.Node{}}
	w.walk(root)
	return w.found
}

type anchorWalk struct {
	named map[string]ast.Node
	found map[*ast.AliasNode]ast.Node
}

func (w anchorWalk) walk(n ast.Node) {
	switch n := n.(type) {
	case *ast.AnchorNode:
		w.walk(n.Value)
		w.named[name(n.Name)] = n.Value
	case *ast.AliasNode:
		if target, ok := w.named[name(n.Value)]; ok {
			w.found[n] = target
		}
	case *ast.SequenceNode:
		for _, item := range n.Values {
			w.walk(item)
		}
	case *ast.MappingNode, *ast.MappingValueNode:
		for _, pair := range pairs(n) {
			w.walk(pair.Key)
			w.walk(pair.Value)
		}
	}
}

func name(n ast.Node) string {
	if n == nil || n.GetToken() == nil {
		return ""
	}
	return n.GetToken().Value
}

// pairs are the entries of a mapping; ok or not, nil for anything else.
func pairs(n ast.Node) []*ast.MappingValueNode {
	switch n := n.(type) {
	case *ast.MappingNode:
		return n.Values
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}
	}
	return nil
}
