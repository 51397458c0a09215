package config_test

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/rootless-sandbox/sandbox/config"
	"github.com/rootless-sandbox/sandbox/templates"
)

// Whatever file of this repository the decoder takes, an editor takes by the schema;
// and what we give to users, both do.
func TestFilesOfTheRepository(t *testing.T) {
	s := compiled(t)
	for name, text := range given(t) {
		if problems := config.Validate(name, []byte(text)); len(problems) > 0 {
			t.Error(problems)
		}
		if err := check(t, s, text); err != nil {
			t.Errorf("%s: %v\n%s", name, err, text)
		}
	}
	taken := 0
	for name, text := range fixtures(t) {
		if len(config.Validate(name, []byte(text))) > 0 {
			continue
		}
		taken++
		if err := check(t, s, text); err != nil {
			t.Errorf("%s: %v\n%s", name, err, text)
		}
	}
	if taken < 40 {
		t.Errorf("%d files of stories: where are they?", taken)
	}
}

// given are the example, the templates, alone and together, and the blocks of the documents.
func given(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{"example": example(t)}
	var names []string
	for _, each := range templates.List() {
		text, _ := templates.Text(each.Name)
		all["template "+each.Name] = text
		if strings.Contains(text, "caches:") && each.Name != "agent" {
			names = append(names, each.Name)
		}
	}
	for i, name := range names {
		for _, other := range names[i+1:] {
			text, err := templates.Compose([]string{name, other})
			if err != nil {
				continue // has more than parts, and says so
			}
			all["templates "+name+", "+other] = text
		}
	}
	pages, err := filepath.Glob("../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range append(pages, "../README.md") {
		maps.Copy(all, blocks(t, page))
	}
	return all
}

// blocks are the pieces of YAML in a document, with the line that each file has.
func blocks(t *testing.T, page string) map[string]string {
	t.Helper()
	data, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	parts := strings.Split(string(data), "```yaml\n")
	for i, part := range parts[1:] {
		text, _, _ := strings.Cut(part, "```")
		if !strings.Contains(text, "version:") {
			text += "version: 1\n"
		}
		all[page+" "+string(rune('1'+i))] = text
	}
	return all
}

// fixtures are the YAML files of the stories.
func fixtures(t *testing.T) map[string]string {
	t.Helper()
	stories, err := filepath.Glob("../cmd/sandbox/testdata/*/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, story := range stories {
		archive, err := txtar.ParseFile(story)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range slices.DeleteFunc(archive.Files, func(f txtar.File) bool { return filepath.Ext(f.Name) != ".yaml" }) {
			all[filepath.Base(story)+" "+f.Name] = string(f.Data)
		}
	}
	return all
}
