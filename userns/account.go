package userns

import (
	"fmt"
	"strconv"
	"strings"
)

// addAccount gives the user inside a name: programs look their own id up.
func (b *builder) addAccount() error {
	u := b.User
	if u == nil {
		return nil
	}
	shell := u.Shell
	if shell == "" {
		shell = b.findShell()
	}
	if err := b.mergeInto("/etc/passwd", passwdEntry(*u, shell)); err != nil {
		return err
	}
	return b.mergeInto("/etc/group", groupEntry(*u))
}

func (b *builder) findShell() string {
	for _, s := range []string{"/bin/bash", "/bin/zsh"} {
		if b.exists(s) {
			return s
		}
	}
	return "/bin/sh"
}

func (b *builder) mergeInto(file, entry string) error {
	old, err := b.readText(file)
	if err != nil {
		return err
	}
	merged := mergeEntry(old, entry)
	if merged == old {
		return nil
	}
	return b.writeFile(Op{Kind: OpWrite, Target: file, Data: merged, Mode: 0o644, Follow: true})
}

func passwdEntry(u Account, shell string) string {
	return fmt.Sprintf("%s:x:%d:%d::%s:%s", u.Name, u.UID, u.GID, u.Home, shell)
}

func groupEntry(u Account) string { return fmt.Sprintf("%s:x:%d:", u.Name, u.GID) }

// mergeEntry adds a line to the text of passwd(5) or group(5) so that both its
// name and its id find it first. An entry that already does is left alone:
// people may have changed its shell inside.
func mergeEntry(text, entry string) string {
	name, id := keys(entry)
	lines := strings.SplitAfter(text, "\n")
	for i, line := range lines {
		n, d := keys(line)
		if n == name && d == id {
			return text
		}
		if (n == name && n != "") || (d == id && d != "") {
			return strings.Join(lines[:i], "") + entry + "\n" + strings.Join(lines[i:], "")
		}
	}
	if text != "" && !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	return text + entry + "\n"
}

// keys are the name and the id of an entry; id is empty where it is no number.
func keys(line string) (name, id string) {
	f := strings.Split(strings.TrimSuffix(line, "\n"), ":")
	if len(f) < 3 {
		return "", ""
	}
	if _, err := strconv.Atoi(f[2]); err != nil {
		return f[0], ""
	}
	return f[0], f[2]
}
