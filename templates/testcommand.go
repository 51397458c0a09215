package templates

import (
	"bytes"
	"encoding/json"
	"io"
	"io/fs"
	"strings"
)

// TestCommand is how a project of this kind is tested, by the files at its top, and the file that says so;
// no words where none does.
func TestCommand(project fs.FS) (words []string, because string) {
	for _, kind := range []struct {
		file  string
		fits  func(text []byte) bool
		words string
	}{
		{"go.mod", always, "go test ./..."},
		{"Cargo.toml", always, "cargo test"},
		{"package.json", hasTestScript, "npm test"},
		{"pytest.ini", always, "python3 -m pytest"},
		{"pyproject.toml", mentionsPytest, "python3 -m pytest"},
		{"setup.cfg", mentionsPytest, "python3 -m pytest"},
		{"tox.ini", mentionsPytest, "python3 -m pytest"},
		{"pom.xml", always, "mvn test"},
		{"build.gradle", always, "gradle test"},
		{"build.gradle.kts", always, "gradle test"},
		{"Makefile", hasTestTarget, "make test"},
		{"GNUmakefile", hasTestTarget, "make test"},
		{"pyproject.toml", always, "python3 -m unittest"},
		{"setup.py", always, "python3 -m unittest"},
	} {
		if text, ok := beginning(project, kind.file); ok && kind.fits(text) {
			return strings.Fields(kind.words), kind.file
		}
	}
	return nil, ""
}

func always([]byte) bool { return true }

// hasTestScript leaves out what npm init writes where there are no tests.
func hasTestScript(text []byte) bool {
	var p struct {
		Scripts map[string]string `json:"scripts"`
	}
	if json.Unmarshal(text, &p) != nil {
		return false
	}
	script := p.Scripts["test"]
	return script != "" && !strings.Contains(script, "no test specified")
}

func mentionsPytest(text []byte) bool { return bytes.Contains(text, []byte("pytest")) }

func hasTestTarget(text []byte) bool {
	for line := range bytes.Lines(text) {
		if rest, ok := bytes.CutPrefix(line, []byte("test")); ok {
			rest = bytes.TrimLeft(rest, " \t")
			if len(rest) > 0 && rest[0] == ':' && !bytes.HasPrefix(rest, []byte(":=")) {
				return true
			}
		}
	}
	return false
}

// beginning is the first part of a plain file.
func beginning(project fs.FS, name string) (text []byte, ok bool) {
	info, err := fs.Stat(project, name)
	if err != nil || !info.Mode().IsRegular() {
		return nil, false
	}
	f, err := project.Open(name)
	if err != nil {
		return nil, false
	}
	defer func() { _ = f.Close() }()
	text, err = io.ReadAll(io.LimitReader(f, maxFile))
	return text, err == nil
}
