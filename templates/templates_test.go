package templates_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/rootless-sandbox/sandbox/templates"
)

func TestList(t *testing.T) {
	var names []string
	for _, each := range templates.List() {
		names = append(names, each.Name)
		if len(each.Summary) < 10 || strings.HasPrefix(each.Summary, "#") {
			t.Errorf("%s: %q", each.Name, each.Summary)
		}
	}
	want := "agent c-cpp debian go host java node php postgres-app python ruby rust web"
	if got := strings.Join(names, " "); got != want {
		t.Errorf("got %s", got)
	}
	if _, ok := templates.Text("../files/go"); ok {
		t.Error("a name leads out of the templates")
	}
}

func TestDetect(t *testing.T) {
	for files, want := range map[string]string{
		"README.md":                       "",
		"go.mod":                          "go(go.mod)",
		"package.json":                    "node(package.json)",
		"package.json:playwright":         "web(package.json)",
		"requirements.txt":                "python(requirements.txt)",
		"Cargo.toml pom.xml Gemfile":      "rust(Cargo.toml) java(pom.xml) ruby(Gemfile)",
		"composer.json":                   "php(composer.json)",
		"Makefile":                        "",
		"Makefile main.c":                 "c-cpp(Makefile)",
		"backend/go.mod web/package.json": "go(backend/go.mod) node(web/package.json)",
		"go.mod backend/go.mod":           "go(go.mod)",
		"vendor/x/go.mod node_modules/package.json": "",
		".hidden/go.mod a/b/go.mod":                 "",
		"CMakeLists.txt setup.py":                   "python(setup.py) c-cpp(CMakeLists.txt)",
	} {
		project := fstest.MapFS{}
		for _, f := range strings.Fields(files) {
			name, text, _ := strings.Cut(f, ":")
			project[name] = &fstest.MapFile{Data: []byte(`{"devDependencies": {"` + text + `": "1"}}`)}
		}
		var got []string
		for _, f := range templates.Detect(project) {
			got = append(got, f.Template+"("+f.Because+")")
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: got %v, want %s", files, got, want)
		}
	}
}

func TestCompose(t *testing.T) {
	got, err := templates.Compose([]string{"go", "python"})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"golang-go", "python3", "caches: [go, pip]", "go: test ! -e go.mod", "image: apt:trixie"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in\n%s", want, got)
		}
	}
	again, _ := templates.Compose([]string{"go", "python"})
	if again != got {
		t.Error("not the same twice")
	}
	if _, err := templates.Compose([]string{"go", "nothing"}); err == nil {
		t.Error("an unknown template is taken")
	}
	if _, err := templates.Compose([]string{"go", "postgres-app"}); err == nil {
		t.Error("a template with more than parts is composed, and loses something")
	}
}

func TestSummariesAreWholeSentences(t *testing.T) {
	for _, each := range templates.List() {
		if !strings.HasSuffix(each.Summary, ".") {
			t.Errorf("%s: %q", each.Name, each.Summary)
		}
	}
}
