package templates

import (
	"bytes"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// Found is a template that fits, and the file that says so.
type Found struct {
	Template string `json:"template"`
	Because  string `json:"because"` // path of the file, relative to the project
}

// Bounds of what is looked at: names only, but for a small file now and then.
const (
	maxEntries = 2000
	maxDirs    = 100
	maxFile    = 256 << 10
)

// Detect looks at the names of files, at the top of a project and one directory
// below, and answers each template that fits once, in a fixed order.
func Detect(project fs.FS) []Found {
	names := list(project, ".")
	found := map[string]string{}
	look(project, ".", names, found)
	dirs := 0
	for _, e := range names {
		if !e.IsDir() || skipped(e.Name()) || dirs >= maxDirs {
			continue
		}
		dirs++
		look(project, e.Name(), list(project, e.Name()), found)
	}
	var all []Found
	for _, name := range []string{"go", "node", "web", "python", "rust", "java", "ruby", "php", "c-cpp"} {
		if because, ok := found[name]; ok {
			all = append(all, Found{name, because})
		}
	}
	return all
}

// skipped are directories of what somebody else wrote, or of what is made.
func skipped(name string) bool {
	return strings.HasPrefix(name, ".") ||
		slices.Contains([]string{"vendor", "node_modules", "target", "build", "dist", "third_party", "testdata", "venv"}, name)
}

func list(project fs.FS, dir string) []fs.DirEntry {
	f, err := project.Open(dir)
	if err != nil {
		return nil
	}
	defer func() { _ = f.Close() }()
	d, ok := f.(fs.ReadDirFile)
	if !ok {
		return nil
	}
	entries, _ := d.ReadDir(maxEntries) // what can be read of it
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return entries
}

// look notes what the files of one directory say. What is said first, further up, counts.
func look(project fs.FS, dir string, names []fs.DirEntry, found map[string]string) {
	sources := false
	note := func(template, file string) {
		if _, ok := found[template]; !ok {
			found[template] = path.Join(dir, file)
		}
	}
	for _, e := range names {
		sources = sources || slices.Contains([]string{".c", ".cc", ".cpp", ".cxx"}, path.Ext(e.Name()))
	}
	for _, e := range names {
		if !e.Type().IsRegular() {
			continue
		}
		switch name := e.Name(); name {
		case "go.mod":
			note("go", name)
		case "package.json":
			note(kindOfNode(project, path.Join(dir, name)), name)
		case "pyproject.toml", "requirements.txt", "setup.py", "Pipfile":
			note("python", name)
		case "Cargo.toml":
			note("rust", name)
		case "pom.xml", "build.gradle", "build.gradle.kts":
			note("java", name)
		case "Gemfile":
			note("ruby", name)
		case "composer.json":
			note("php", name)
		case "CMakeLists.txt", "meson.build", "configure.ac":
			note("c-cpp", name)
		case "Makefile":
			if sources {
				note("c-cpp", name)
			}
		}
	}
}

// kindOfNode: what tests in a browser needs one.
func kindOfNode(project fs.FS, file string) string {
	f, err := project.Open(file)
	if err != nil {
		return "node"
	}
	defer func() { _ = f.Close() }()
	text, _ := io.ReadAll(io.LimitReader(f, maxFile))
	for _, tool := range []string{`"playwright`, `"@playwright/`, `"puppeteer`, `"cypress"`, `"karma"`} {
		if bytes.Contains(text, []byte(tool)) {
			return "web"
		}
	}
	return "node"
}
