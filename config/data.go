package config

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// Secret is a value that commands inside read from /run/secrets/NAME. Exactly one of file, env and command says where it comes from.
type Secret struct {
	// Name of the secret, and of its file inside.
	Name string `yaml:"name" json:"name,omitempty" check:"label" required:"true"`
	// File is a file of the host; relative to the project, ~ is your home.
	File string `yaml:"file" json:"file,omitempty" check:"path"`
	// Env is a variable of the environment that sandbox is called in.
	Env string `yaml:"env" json:"env,omitempty" check:"variable"`
	// Command is a program of the host, found on PATH or named by an absolute path, with its arguments. What it prints is the secret.
	Command []string `yaml:"command" json:"command,omitempty" check:"text" raw:"true"`
}

// Dotfiles are your own settings for shells and editors. They belong into your own config.yaml; a project's files may not name them.
type Dotfiles struct {
	// Path is a directory of the host, read-only inside at ~/.dotfiles.
	Path string `yaml:"path" json:"path,omitempty" check:"directory"`
	// Install is run once per sandbox, in ~/.dotfiles, by the shell. Default: install.sh, bootstrap.sh, setup.sh or the like; where there is none, the files that begin with a dot are linked into the home inside.
	Install string `yaml:"install" json:"install,omitempty" check:"text" raw:"true"`
}

// CacheNames are the tools whose caches are known by name.
func CacheNames() []string {
	return []string{
		"apt", "bundler", "cargo", "ccache", "composer", "go", "gradle", "maven", "npm", "pip", "pnpm", "uv", "yarn",
	}
}

// UnknownCache says what is wrong with a name that is not one of CacheNames.
func UnknownCache(s string) string {
	message := quoted(s) + " is no cache that is known: "
	if near := nearest(strings.ToLower(s), CacheNames()); near != "" {
		return message + "the nearest is " + near
	}
	return message + "there are " + strings.Join(CacheNames(), ", ")
}

func checkCache(s string) string {
	if slices.Contains(CacheNames(), s) {
		return ""
	}
	return UnknownCache(s)
}

// checkVariable is for the name of one variable.
func checkVariable(s string) string {
	if s == "" {
		return "is empty: expected the name of a variable"
	}
	return checkEnv(s, "")
}

// checkDirectory refuses addresses: what is fetched, and when it is fetched again, is the user's to decide.
func checkDirectory(s string) string {
	if strings.Contains(s, "://") || strings.HasPrefix(s, "git@") {
		return quoted(s) + " is an address: clone it, and name the directory"
	}
	return checkPath(s)
}

// secret checks what the keys of one secret mean together. A key that is wrong
// by itself has been reported already.
func (d *decoder) secret(s *Secret, at *token.Token, seen map[string]entry, key string) {
	if s.Name != "" {
		if slices.Contains(d.secrets, s.Name) {
			at := seen["name"].value
			if message := d.aboutPut(quoted(s.Name)+" is here twice", at, s.Name); message != "" {
				d.failKey(start(at), key+".name", "%s", message)
			}
		}
		d.secrets = append(d.secrets, s.Name)
	}
	sources := 0
	for _, name := range []string{"file", "env", "command"} {
		if _, ok := seen[name]; ok {
			sources++
		}
	}
	command, byCommand := seen["command"]
	switch {
	case sources == 0:
		d.failKey(at, key, "needs one of file, env and command: where the secret comes from")
	case sources > 1:
		d.failKey(at, key, "has more than one of file, env and command")
	case !byCommand || isScalar(command.value):
	case len(s.Command) == 0 || s.Command[0] == "":
		d.failKey(start(command.value), command.key, "names no program")
	case strings.Contains(s.Command[0], "/") && !filepath.IsAbs(s.Command[0]):
		// What stands in the project may have changed since somebody agreed to the command.
		d.failKey(start(command.value), command.key, "%s is a relative path: name a program on PATH, or an absolute path", quoted(s.Command[0]))
	}
}

func isScalar(n ast.Node) bool {
	_, _, ok := word(n)
	return ok
}

// notHere refuses keys that a project's files may not have: it says why.
func (d *decoder) notHere(key string) string {
	if key == "dotfiles" && (d.layer == layerProject || d.layer == layerLocal) {
		return "belongs into your own settings, ~/.config/sandbox/config.yaml: no project decides what is in your home"
	}
	return ""
}

// layerOf is the layer that a file of this name is.
func layerOf(file string) string {
	switch filepath.Base(file) {
	case projectName:
		return layerProject
	case LocalName:
		return layerLocal
	}
	return layerUser
}

// flowSecret writes a secret as it stands in a file; what it comes to is nowhere in the configuration.
func flowSecret(s Secret) string {
	parts := []string{"name: " + scalar(s.Name)}
	switch {
	case s.File != "":
		parts = append(parts, "file: "+scalar(s.File))
	case s.Env != "":
		parts = append(parts, "env: "+scalar(s.Env))
	default:
		parts = append(parts, "command: "+flowList(s.Command))
	}
	return "{" + strings.Join(parts, ", ") + "}"
}
