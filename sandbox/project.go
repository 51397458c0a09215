package sandbox

import (
	"path/filepath"
	"strings"
)

// CheckProject refuses directories that would show far more than a project, or
// hide what every sandbox needs, by a *ProjectError.
func CheckProject(dir, home string) error {
	switch {
	case !filepath.IsAbs(dir):
		return &ProjectError{dir, "not an absolute path"}
	case strings.ContainsRune(dir, 0) || strings.ContainsRune(dir, '\n'):
		return &ProjectError{dir, "its name holds a line break"}
	case dir == home:
		return &ProjectError{dir, "it is your home directory: everything in it would be writable inside"}
	case strings.HasPrefix(home, strings.TrimSuffix(dir, "/")+"/"):
		return &ProjectError{dir, "your home directory is in it: everything there would be writable inside"}
	case isSystem(dir):
		return &ProjectError{dir, "it is a directory of the system"}
	}
	return nil
}

// isSystem reports whether dir is one that a sandbox has its own of.
func isSystem(dir string) bool {
	switch dir {
	case "/", "/bin", "/boot", "/dev", "/etc", "/home", "/lib", "/lib64", "/media", "/mnt", "/nix", "/opt", "/proc",
		"/root", "/run", "/sbin", "/srv", "/sys", "/tmp", "/usr", "/usr/local", "/var", "/var/tmp", "/workspace":
		return true
	}
	for _, top := range []string{"/dev/", "/proc/", "/sys/", "/etc/"} {
		if strings.HasPrefix(dir, top) {
			return true
		}
	}
	return false
}
