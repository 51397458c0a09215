package gitrepo

import (
	"path/filepath"
	"testing"
)

func TestReadUser(t *testing.T) {
	const ann = "[user]\nname = Ann\nemail = a@h\n"
	for name, c := range map[string]struct {
		files, env map[string]string
		name, mail string
	}{
		"nothing":           {nil, nil, "", ""},
		"home":              {map[string]string{"h/.gitconfig": ann}, nil, "Ann", "a@h"},
		"XDG":               {map[string]string{"h/.config/git/config": ann}, nil, "Ann", "a@h"},
		"XDG elsewhere":     {map[string]string{"x/git/config": ann}, map[string]string{"XDG_CONFIG_HOME": "TOP/x"}, "Ann", "a@h"},
		"home after XDG":    {map[string]string{"h/.config/git/config": ann, "h/.gitconfig": "[user]\nname = Bob\n"}, nil, "Bob", "a@h"},
		"another file":      {map[string]string{"h/.gitconfig": ann, "c": "[user]\nname = C\n"}, map[string]string{"GIT_CONFIG_GLOBAL": "TOP/c"}, "C", ""},
		"included":          {map[string]string{"h/.gitconfig": "[include]\npath = more\n", "h/more": ann}, nil, "Ann", "a@h"},
		"included by home":  {map[string]string{"h/.gitconfig": "[include]\npath = ~/d/more\n", "h/d/more": ann}, nil, "Ann", "a@h"},
		"itself":            {map[string]string{"h/.gitconfig": ann + "[include]\npath = .gitconfig\n"}, nil, "Ann", "a@h"},
		"for this place":    {map[string]string{"h/.gitconfig": ann + "[includeIf \"gitdir:~/work/\"]\npath = w\n", "h/w": "[user]\nemail = a@w\n"}, nil, "Ann", "a@w"},
		"anywhere":          {map[string]string{"h/.gitconfig": ann + "[includeIf \"gitdir:p/.git\"]\npath = w\n", "h/w": "[user]\nemail = a@w\n"}, nil, "Ann", "a@w"},
		"whatever case":     {map[string]string{"h/.gitconfig": ann + "[includeIf \"gitdir/i:~/WORK/**\"]\npath = w\n", "h/w": "[user]\nemail = a@w\n"}, nil, "Ann", "a@w"},
		"for another place": {map[string]string{"h/.gitconfig": ann + "[includeIf \"gitdir:~/home/\"]\npath = w\n", "h/w": "[user]\nemail = a@w\n"}, nil, "Ann", "a@h"},
		"for a branch":      {map[string]string{"h/.gitconfig": ann + "[includeIf \"onbranch:main\"]\npath = w\n", "h/w": "[user]\nemail = a@w\n"}, nil, "Ann", "a@h"},
		"a directory":       {map[string]string{"h/.gitconfig/": ""}, nil, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			top := tree(t, c.files)
			getenv := func(key string) string {
				if value := c.env[key]; value != "" {
					return filepath.Join(top, value[len("TOP"):])
				}
				return ""
			}
			u := ReadUser(getenv, filepath.Join(top, "h"), filepath.Join(top, "h/work/p/.git"))
			if u.Name != c.name || u.Email != c.mail {
				t.Errorf("got %q %q, want %q %q", u.Name, u.Email, c.name, c.mail)
			}
		})
	}
}
