package agent

import (
	"errors"
	"io"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// User is a user inside.
type User struct {
	Name   string `json:"name"`
	UID    int    `json:"uid"`
	GID    int    `json:"gid"`
	Groups []int  `json:"groups,omitempty"`
	Home   string `json:"home"`
	Shell  string `json:"shell"`
}

var errNoUser = errors.New("no such user")

// lookupUser finds "name", "id" or either with ":group" in the image's own
// passwd(5) and group(5), as they are now.
func lookupUser(want string) (User, error) {
	passwd, err := readSmall("/etc/passwd")
	if err != nil {
		return User{}, err
	}
	group, err := readSmall("/etc/group")
	if err != nil {
		return User{}, err
	}
	return findUser(want, passwd, group)
}

// LookupUser is lookupUser for another role that works in a root file system.
func LookupUser(want string) (User, error) { return lookupUser(want) }

// shellOf is the login shell that passwd(5) says now; empty when it says none.
func shellOf(uid int) string {
	text, err := readSmall("/etc/passwd")
	if err != nil {
		return ""
	}
	u, err := findPasswd(strconv.Itoa(uid), text)
	if err != nil {
		return ""
	}
	return u.Shell
}

// FindUser finds a name or an id in the text of passwd(5).
func FindUser(name, passwd string) (User, error) { return findPasswd(name, passwd) }

func findUser(want, passwd, group string) (User, error) {
	name, grp, hasGroup := strings.Cut(want, ":")
	u, err := findPasswd(name, passwd)
	if err != nil {
		return User{}, err
	}
	if hasGroup {
		gid, ok := findGroup(grp, group)
		if !ok {
			return User{}, errNoUser
		}
		u.GID = gid
		return u, nil
	}
	u.Groups = groupsOf(u.Name, group)
	return u, nil
}

// findPasswd takes an id that has no entry as it is.
func findPasswd(name, passwd string) (User, error) {
	id, numeric := parseID(name)
	for line := range strings.Lines(passwd) {
		f := strings.Split(strings.TrimSpace(line), ":")
		if len(f) < 7 {
			continue
		}
		uid, ok1 := parseID(f[2])
		gid, ok2 := parseID(f[3])
		if ok1 && ok2 && (f[0] == name || numeric && uid == id) {
			return User{Name: f[0], UID: uid, GID: gid, Home: f[5], Shell: f[6]}, nil
		}
	}
	if numeric {
		return User{Name: name, UID: id, GID: id, Home: "/"}, nil
	}
	return User{}, errNoUser
}

func findGroup(name, group string) (int, bool) {
	if id, ok := parseID(name); ok {
		return id, true
	}
	for line := range strings.Lines(group) {
		f := strings.Split(strings.TrimSpace(line), ":")
		if len(f) >= 3 && f[0] == name {
			return parseID(f[2])
		}
	}
	return 0, false
}

// groupsOf lists the groups that name is a member of.
func groupsOf(name, group string) []int {
	var out []int
	for line := range strings.Lines(group) {
		f := strings.Split(strings.TrimSpace(line), ":")
		if len(f) < 4 {
			continue
		}
		for m := range strings.SplitSeq(f[3], ",") {
			if gid, ok := parseID(f[2]); ok && m == name {
				out = append(out, gid)
			}
		}
	}
	return out
}

func parseID(s string) (int, bool) {
	n, err := strconv.ParseUint(s, 10, 31)
	return int(n), err == nil
}

// maxSmall bounds a file of the image that the agent reads.
const maxSmall = 4 << 20

// readSmall reads a regular file that processes inside may have replaced by
// anything; it never waits. A missing one is empty.
func readSmall(path string) (string, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK|syscall.O_NOCTTY, 0)
	if errors.Is(err, os.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }()
	if st, err := f.Stat(); err != nil || !st.Mode().IsRegular() {
		return "", errors.Join(errors.New(path+": not a regular file"), err)
	}
	b, err := io.ReadAll(io.LimitReader(f, maxSmall))
	return string(b), err
}
