package sandbox

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"
)

func shuffledCopy(t *testing.T, from, to string, seed uint64) *reorder {
	t.Helper()
	c := &reorder{ctx: t.Context(), rand: rand.New(rand.NewPCG(seed, 0))}
	if err := os.Mkdir(to, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := c.dir(from, to); err != nil {
		t.Fatal(err)
	}
	return c
}

// namesAsRead are the entries of a directory in the order in which the kernel tells them.
func namesAsRead(t *testing.T, dir string) []string {
	t.Helper()
	f, err := os.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	names, err := f.Readdirnames(-1)
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func inSharedMemory(t *testing.T) string {
	t.Helper()
	if !inMemory("/dev/shm") {
		t.Skip("no tmpfs at /dev/shm")
	}
	dir, err := os.MkdirTemp("/dev/shm", "sandbox-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { removeTree(dir) })
	return dir
}

func TestReorderedIsTheSameTreeInAnotherOrder(t *testing.T) {
	from, in := t.TempDir(), inSharedMemory(t)
	then := time.Date(2001, 2, 3, 4, 5, 6, 0, time.UTC)
	for i := range 20 {
		name := filepath.Join(from, "f"+strconv.Itoa(i))
		if err := errors.Join(os.WriteFile(name, []byte(strconv.Itoa(i)), 0o640), os.Chtimes(name, then, then)); err != nil {
			t.Fatal(err)
		}
	}
	sealed := filepath.Join(from, "sealed")
	if err := errors.Join(os.Mkdir(sealed, 0o755), os.WriteFile(sealed+"/in", nil, 0o444), os.Chmod(sealed, 0o555),
		os.Symlink("/nowhere", from+"/link")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Chmod(sealed, 0o755) })
	a, b, again := filepath.Join(in, "a"), filepath.Join(in, "b"), filepath.Join(in, "again")
	shuffledCopy(t, from, a, 1)
	shuffledCopy(t, from, b, 2)
	shuffledCopy(t, from, again, 1)
	x, y := namesAsRead(t, a), namesAsRead(t, b)
	if slices.Equal(x, y) {
		t.Error("two seeds have the same order")
	}
	if !slices.Equal(x, namesAsRead(t, again)) {
		t.Error("the same seed has another order")
	}
	slices.Sort(x)
	slices.Sort(y)
	if len(x) != 22 || !slices.Equal(x, y) {
		t.Errorf("the entries are %v and %v", x, y)
	}
	st, err := os.Stat(filepath.Join(a, "f7"))
	text, _ := os.ReadFile(filepath.Join(a, "f7"))
	link, _ := os.Readlink(filepath.Join(a, "link"))
	if err != nil || st.Mode() != 0o640 || !st.ModTime().Equal(then) || string(text) != "7" || link != "/nowhere" {
		t.Errorf("the copy has %v %v %q, and a link to %q", st, err, text, link)
	}
	if st, err := os.Stat(filepath.Join(a, "sealed")); err != nil || st.Mode().Perm() != 0o555 {
		t.Errorf("a directory that nobody writes to: %v %v", st, err)
	}
	for _, dir := range []string{a, b, again} {
		removeTree(dir)
		if _, err := os.Lstat(dir); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s is still there: %v", dir, err)
		}
	}
}

func TestReorderedLeavesNothing(t *testing.T) {
	from, in := t.TempDir(), t.TempDir()
	if err := os.WriteFile(filepath.Join(from, "a"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	top, done, err := reordered(t.Context(), from, in, "order-", 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(top, "a")); err != nil {
		t.Error(err)
	}
	done()
	if left := namesAsRead(t, in); len(left) > 0 {
		t.Errorf("left are %v", left)
	}
}

func TestReorderedRefusesWhatIsTooLarge(t *testing.T) {
	from := t.TempDir()
	f, err := os.Create(filepath.Join(from, "huge"))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(f.Truncate(maxOrderedBytes+1), f.Close()); err != nil {
		t.Fatal(err)
	}
	c := &reorder{ctx: t.Context(), rand: rand.New(rand.NewPCG(1, 0))}
	var order *OrderError
	if err := c.dir(from, t.TempDir()); !errors.As(err, &order) {
		t.Errorf("error %v", err)
	}
	many := &reorder{ctx: t.Context(), rand: rand.New(rand.NewPCG(1, 0)), files: maxOrderedFiles}
	if err := many.dir(from, t.TempDir()); !errors.As(err, &order) {
		t.Errorf("error %v", err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	c = &reorder{ctx: ended, rand: rand.New(rand.NewPCG(1, 0))}
	if err := c.dir(from, t.TempDir()); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

func TestStaleOrdersAreRemoved(t *testing.T) {
	in := t.TempDir()
	old := time.Now().Add(-time.Hour)
	for _, name := range []string{"order-dead", "order-used", "order-new", "other-dead"} {
		dir := filepath.Join(in, name)
		if err := errors.Join(os.Mkdir(dir, 0o700), os.Mkdir(dir+"/tree", 0o555), os.Chtimes(dir, old, old)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chtimes(in+"/order-new", time.Now(), time.Now()); err != nil {
		t.Fatal(err)
	}
	used, err := lockDir(filepath.Join(in, "order-used"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = used.Close() }()
	removeStaleOrders(in, "order-")
	left := namesAsRead(t, in)
	slices.Sort(left)
	if !slices.Equal(left, []string{"order-new", "order-used", "other-dead"}) {
		t.Errorf("left are %v", left)
	}
}
