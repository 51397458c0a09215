package gitrepo

import (
	"path"
	"path/filepath"
	"strings"
)

// User is what the caller's own git configuration says that a sandbox needs.
type User struct {
	Name, Email string
	HooksPath   string // core.hooksPath
	Excludes    string // core.excludesFile, or where git looks without it
}

// ReadUser reads the configuration files of the caller, not those of a repository:
// getenv is the caller's environment, home its home, dir the git directory that
// conditions are about, or "".
func ReadUser(getenv func(string) string, home, dir string) User {
	u := userReader{home: home, dir: dir, left: maxIncludes}
	if base := configHome(getenv, home); base != "" {
		u.Excludes = filepath.Join(base, "git/ignore")
	}
	for _, file := range userFiles(getenv, home) {
		u.read(file)
	}
	return u.User
}

// userFiles are the files of git-config(1), "FILES", the weaker first.
func userFiles(getenv func(string) string, home string) []string {
	if only := getenv("GIT_CONFIG_GLOBAL"); only != "" {
		return []string{only}
	}
	var files []string
	if xdg := configHome(getenv, home); xdg != "" {
		files = append(files, filepath.Join(xdg, "git/config"))
	}
	if home != "" {
		files = append(files, filepath.Join(home, ".gitconfig"))
	}
	return files
}

// configHome is $XDG_CONFIG_HOME as git takes it; "" where it is not known.
func configHome(getenv func(string) string, home string) string {
	if xdg := getenv("XDG_CONFIG_HOME"); xdg != "" || home == "" {
		return xdg
	}
	return filepath.Join(home, ".config")
}

type userReader struct {
	User
	home, dir string
	left      int
}

func (u *userReader) read(file string) {
	text, err := readText(file, true)
	if err != nil {
		return
	}
	for _, v := range parseConfig(text) {
		switch v.section + "." + v.name {
		case "user.name":
			u.Name = v.value
		case "user.email":
			u.Email = v.value
		case "core.hookspath":
			u.HooksPath = v.value
		case "core.excludesfile":
			u.Excludes = expand(v.value, filepath.Dir(file), u.home)
		case "include.path":
			u.include(v.value, file)
		case "includeif.path":
			if u.holds(v.sub, file) {
				u.include(v.value, file)
			}
		}
	}
}

func (u *userReader) include(name, from string) {
	if u.left--; u.left >= 0 && name != "" {
		u.read(expand(name, filepath.Dir(from), u.home))
	}
}

// holds answers conditions about the place of the repository; others do not hold.
func (u *userReader) holds(condition, file string) bool {
	kind, pattern, _ := strings.Cut(condition, ":")
	dir := u.dir
	if kind != "gitdir" && kind != "gitdir/i" || dir == "" {
		return false
	}
	switch {
	case strings.HasPrefix(pattern, "~/"):
		pattern = u.home + pattern[1:]
	case strings.HasPrefix(pattern, "./"):
		pattern = filepath.Dir(file) + pattern[1:]
	case !strings.HasPrefix(pattern, "/"):
		pattern = "**/" + pattern
	}
	if strings.HasSuffix(pattern, "/") {
		pattern += "**"
	}
	if kind == "gitdir/i" {
		dir, pattern = strings.ToLower(dir), strings.ToLower(pattern)
	}
	return matches(strings.Split(strings.TrimPrefix(pattern, "/"), "/"), strings.Split(strings.TrimPrefix(dir, "/"), "/"))
}

// matches goes by gitignore(5), "PATTERN FORMAT": ** stands for any number of directories. Where
// one does not fit, the latest ** takes one part more: an earlier one need not.
func matches(pattern, parts []string) bool {
	star, taken := -1, 0 // the latest **, and how much of parts was left for what follows it
	p, at := 0, 0
	for at < len(parts) || p < len(pattern) {
		if p < len(pattern) && pattern[p] == "**" {
			star, taken = p, at
			p++
			continue
		}
		if p < len(pattern) && at < len(parts) {
			if ok, err := path.Match(pattern[p], parts[at]); ok && err == nil {
				p, at = p+1, at+1
				continue
			}
		}
		if taken++; star < 0 || taken > len(parts) {
			return false
		}
		p, at = star+1, taken
	}
	return true
}

// Settings is the text of a system-wide configuration file for the inside: who the
// user is, which every other file may say otherwise; and that repositories of
// another id inside are no strangers', since all of it is one user's.
func (u User) Settings() string {
	var b strings.Builder
	b.WriteString("[safe]\n\tdirectory = *\n")
	if name, mail := quoted(u.Name), quoted(u.Email); name != "" || mail != "" {
		b.WriteString("[user]\n")
		if name != "" {
			b.WriteString("\tname = " + name + "\n")
		}
		if mail != "" {
			b.WriteString("\temail = " + mail + "\n")
		}
	}
	return b.String()
}

// quoted is a value that git reads back as it was; one that no line can hold is left out.
func quoted(value string) string {
	if value == "" || len(value) > 1000 || strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return ""
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(value) + `"`
}
