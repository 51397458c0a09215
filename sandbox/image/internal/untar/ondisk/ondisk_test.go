package ondisk

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestOwner(t *testing.T) {
	for _, c := range []struct {
		uid, gid int
		mode     fs.FileMode
		want     string
	}{
		{33, 4, fs.ModeSetuid | 0o750, "33:4:4750:file"},
		{1<<32 - 2, 0, fs.ModeDir | fs.ModeSticky | fs.ModeSetgid | 0o7, "4294967294:0:3007:dir"},
		{1, 1, 0, "1:1:0000:file"},
	} {
		got := FormatOwner(c.uid, c.gid, c.mode)
		if got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
		if uid, gid, ok := ParseOwner(got); uid != c.uid || gid != c.gid || !ok {
			t.Errorf("%q is %d:%d, %v", got, uid, gid, ok)
		}
	}
	for _, value := range []string{"", "1", "1:2", "1:2:", "a:2:0755", "1:b:0755", "1:2:0999", "-1:2:0755", "4294967295:0:0755", "1:99999999999:0755",
		"1:2:0755:file:more", " 1:2:0755", "+1:2:0755", "1:2:0755 "} {
		if uid, gid, ok := ParseOwner(value); ok {
			t.Errorf("%q is %d:%d", value, uid, gid)
		}
	}
	if uid, gid, ok := ParseOwner("1:2:0755"); uid != 1 || gid != 2 || !ok { // as it was written before
		t.Error(uid, gid, ok)
	}
}

func FuzzParseOwner(f *testing.F) {
	f.Add("33:4:4750:file")
	f.Add("1:2:0755")
	f.Add(":::")
	f.Fuzz(func(t *testing.T, value string) {
		uid, gid, ok := ParseOwner(value)
		if !ok {
			return
		}
		if !IsID(uid) || !IsID(gid) {
			t.Errorf("%q is %d:%d", value, uid, gid)
		}
		if u, g, ok := ParseOwner(FormatOwner(uid, gid, 0o644)); u != uid || g != gid || !ok {
			t.Errorf("%d:%d becomes %d:%d, %v", uid, gid, u, g, ok)
		}
	})
}

func TestPlainCapability(t *testing.T) {
	second := "\x01\x00\x00\x02\x00\x20" + strings.Repeat("\x00", 14)
	third := "\x01\x00\x00\x03" + second[4:]
	for value, root := range map[string]uint32{second: 0, third + "\x00\x00\x00\x00": 0, third + "\xa0\x86\x01\x00": 100000} {
		if got, r, ok := PlainCapability([]byte(value)); string(got) != second || r != root || !ok {
			t.Errorf("%q is %q of %d, %v", value, got, r, ok)
		}
	}
	for _, value := range []string{"", "x", second[:19], second + "x", third, third + "xxxxx", "\x01\x00\x00\x01" + second[4:]} {
		if got, _, ok := PlainCapability([]byte(value)); ok {
			t.Errorf("%q is %q", value, got)
		}
	}
}

func FuzzPlainCapability(f *testing.F) {
	f.Add([]byte("\x01\x00\x00\x03\x00\x20\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\xa0\x86\x01\x00"))
	f.Add([]byte("\x01\x00\x00\x02"))
	f.Fuzz(func(t *testing.T, value []byte) {
		plain, _, ok := PlainCapability(value)
		if again, root, fine := PlainCapability(plain); ok && (!fine || root != 0 || string(again) != string(plain)) {
			t.Errorf("%q becomes %q becomes %q", value, plain, again)
		}
	})
}

func TestTravels(t *testing.T) {
	for name, want := range map[string]bool{
		"security.capability": true, "user.x": true, "user.overlayx": true,
		"user.overlay.opaque": false, "user.overlay.overlay.opaque": false, Owner: false, "trusted.overlay.opaque": false,
		"security.selinux": false, "system.posix_acl_access": false, "": false,
	} {
		if got := Travels(name); got != want {
			t.Errorf("%q: %v", name, got)
		}
	}
}

func TestAttributes(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "f"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	fd := int(f.Fd())
	if names, err := Attributes(fd, nil); len(names) != 0 || err != nil {
		t.Errorf("%q, %v", names, err)
	}
	values := map[string]string{"user.a": "", "user.b": "text\x00\xff", "user.c": strings.Repeat("x", 1000)}
	for name, value := range values {
		if err := SetAttribute(fd, name, value); err != nil {
			t.Fatal(name, err)
		}
	}
	for _, buf := range [][]byte{nil, make([]byte, 1), make([]byte, 1000)} {
		names, err := Attributes(fd, buf)
		slices.Sort(names)
		if !slices.Equal(names, []string{"user.a", "user.b", "user.c"}) || err != nil {
			t.Errorf("with %d bytes: %q, %v", len(buf), names, err)
		}
	}
	for name, want := range values {
		if got, ok, err := Attribute(fd, name); got != want || !ok || err != nil {
			t.Errorf("%s: %q, %v, %v", name, got, ok, err)
		}
	}
	for range 2 { // the second finds none
		if err := RemoveAttribute(fd, "user.a"); err != nil {
			t.Error(err)
		}
	}
	if got, ok, err := Attribute(fd, "user.a"); got != "" || ok || err != nil {
		t.Errorf("%q, %v, %v", got, ok, err)
	}
	if err := SetAttribute(-1, "user.a", ""); !errors.Is(err, syscall.EBADF) {
		t.Error(err)
	}
	if err := SetAttribute(fd, "user.\x00", ""); err == nil {
		t.Error("a name with a zero byte is taken")
	}
}

func TestTimes(t *testing.T) {
	dir, err := os.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = dir.Close() }()
	link := filepath.Join(dir.Name(), "link")
	if err := os.Symlink("none", link); err != nil {
		t.Fatal(err)
	}
	want := time.Unix(1_000_000_000, 123456789)
	if err := errors.Join(SetTimeAt(int(dir.Fd()), "link", want), SetTime(int(dir.Fd()), want)); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{link, dir.Name()} {
		if info, err := os.Lstat(path); err != nil || !info.ModTime().Equal(want) {
			t.Errorf("%s: %v, %v", path, info.ModTime(), err)
		}
	}
}
