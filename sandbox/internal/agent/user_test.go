package agent

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"syscall"
	"testing"
)

const (
	passwdText = "root:x:0:0:root:/root:/bin/bash\n# a comment\n\nme:x:1000:100:Me,,,:/home/me:/bin/zsh\n+::::::\n" +
		"short:x:7\nodd:x:-1:0::/:/bin/sh\nbig:x:4294967296:0::/:/bin/sh\n2000:x:5:5::/five:\nme:x:9:9::/second:/bin/sh\n"
	groupText = "root:x:0:\nusers:x:100:me\nwheel:x:10:root,me\nnone:x:11:meme\nbad:x:y:me\n+:::\ndocker:x:12:other,me"
)

func TestFindUser(t *testing.T) {
	me := User{Name: "me", UID: 1000, GID: 100, Home: "/home/me", Shell: "/bin/zsh"}
	grouped := me
	grouped.Groups = []int{100, 10, 12}
	inWheel, inAny := me, me
	inWheel.GID, inAny.GID = 10, 4711
	for want, c := range map[string]User{
		"me":           grouped,
		"1000":         grouped,
		"me:wheel":     inWheel,
		"me:4711":      inAny,
		"1000:10":      inWheel,
		"0":            {Name: "root", Home: "/root", Shell: "/bin/bash", Groups: []int{10}},
		"4711":         {Name: "4711", UID: 4711, GID: 4711, Home: "/"},
		"4711:users":   {Name: "4711", UID: 4711, GID: 100, Home: "/"},
		"2000":         {Name: "2000", UID: 5, GID: 5, Home: "/five"}, // a name first, as getent does
		"2147483647":   {Name: "2147483647", UID: 1<<31 - 1, GID: 1<<31 - 1, Home: "/"},
		"2147483647:0": {Name: "2147483647", UID: 1<<31 - 1, GID: 0, Home: "/"},
	} {
		got, err := findUser(want, passwdText, groupText)
		if err != nil || !reflect.DeepEqual(got, c) {
			t.Errorf("%s: got %+v, %v; want %+v", want, got, err, c)
		}
	}
}

func TestFindUserRefused(t *testing.T) {
	for _, want := range []string{
		"nobody", "", "short", "odd", "big", "+", "-1", "4294967296", "2147483648", "1e3", "0x10", "me:", "me:nothing", "me:bad", "me:-1", ":users", "me:users:x", "root ",
	} {
		if got, err := findUser(want, passwdText, groupText); !errors.Is(err, errNoUser) {
			t.Errorf("%q: got %+v, %v", want, got, err)
		}
	}
}

func TestGroupsOf(t *testing.T) {
	for name, want := range map[string][]int{"me": {100, 10, 12}, "root": {10}, "meme": {11}, "": nil, "x": nil} {
		if got := groupsOf(name, groupText); !reflect.DeepEqual(got, want) && name != "" {
			t.Errorf("%s: got %v, want %v", name, got, want)
		}
	}
}

// FuzzFindUser: whatever an image's files hold, what is found has ids of this world.
func FuzzFindUser(f *testing.F) {
	for _, want := range []string{"me", "1000", "me:wheel", "4711:12", ":", "+"} {
		f.Add(want, passwdText, groupText)
	}
	f.Add("", "::0:0:::", ":::")
	f.Fuzz(func(t *testing.T, want, passwd, group string) {
		u, err := findUser(want, passwd, group)
		if err != nil {
			return
		}
		for _, id := range append(u.Groups, u.UID, u.GID) {
			if id < 0 || id > 1<<31-1 {
				t.Errorf("id %d", id)
			}
		}
		if strings.ContainsAny(u.Name+u.Home+u.Shell, "\n:") {
			t.Errorf("got %+v", u)
		}
	})
}

func TestReadSmall(t *testing.T) {
	dir := t.TempDir()
	file, fifo, big := filepath.Join(dir, "f"), filepath.Join(dir, "fifo"), filepath.Join(dir, "big")
	if err := errors.Join(os.WriteFile(file, []byte("text"), 0o644), syscall.Mkfifo(fifo, 0o644),
		os.WriteFile(big, nil, 0o644), os.Truncate(big, 1<<40)); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{file: "text", filepath.Join(dir, "none"): ""} {
		if got, err := readSmall(name); got != want || err != nil {
			t.Errorf("%s: got %q, %v", name, got, err)
		}
	}
	for _, name := range []string{fifo, dir, "/dev/zero"} {
		if got, err := readSmall(name); got != "" || err == nil {
			t.Errorf("%s: got %q, %v", name, got, err)
		}
	}
	if got, err := readSmall(big); len(got) != maxSmall || err != nil {
		t.Errorf("a huge file: %d bytes, %v", len(got), err)
	}
}

func BenchmarkFindUser(b *testing.B) {
	passwd := strings.Repeat("user:x:5:5:A User:/home/user:/bin/sh\n", 1000) + "me:x:1000:100::/home/me:/bin/sh\n"
	group := strings.Repeat("group:x:5:a,b,c\n", 1000)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := findUser("me", passwd, group); err != nil {
			b.Fatal(err)
		}
	}
}
