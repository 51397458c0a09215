// Package templates answers: what configuration does a project of this kind
// begin with?
package templates

import (
	"embed"
	"slices"
	"strings"
)

//go:embed files/*.yaml
var files embed.FS

// Template is one to begin with.
type Template struct {
	Name    string `json:"name"`
	Summary string `json:"summary"`
}

// List is all of them, by name.
func List() []Template {
	entries, err := files.ReadDir("files")
	if err != nil { // it is in the program
		panic(err)
	}
	all := make([]Template, 0, len(entries))
	for _, e := range entries {
		name := strings.TrimSuffix(e.Name(), ".yaml")
		text, _ := Text(name)
		first, _, _ := strings.Cut(text, "\n")
		all = append(all, Template{name, strings.TrimPrefix(first, "# ")})
	}
	slices.SortFunc(all, func(a, b Template) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// Text is the file that a template makes; not ok for none of that name.
func Text(name string) (text string, ok bool) {
	b, err := files.ReadFile("files/" + name + ".yaml")
	return string(b), err == nil
}
