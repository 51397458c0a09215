package gitrepo

import (
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// What Watch.Check found, and undid unless it says otherwise.
const (
	Redirected = "redirected" // a commondir, which leads git to other settings and hooks
	Broken     = "broken"     // no repository any more, so that git would look for one elsewhere
	Appeared   = "appeared"   // a repository where there was none; it is left alone
	Exposed    = "exposed"    // the settings can be written to: git outside replaced the file, and its mount went with it
)

// Watch looks, after a command, for what no mount keeps code inside from doing to
// a git directory. Whoever has it can do so in any sandbox or outside; it is plain data.
type Watch struct {
	Dir  string `json:"dir"`  // the git directory; the project's .git where there is none
	Head string `json:"head"` // its HEAD at the start; "" where there is none
	UID  int    `json:"uid"`  // whose what is made anew is to be
	GID  int    `json:"gid"`
	// Fixed: the settings are a read-only mount where Check is called.
	Fixed bool `json:"fixed,omitempty"`
}

// NewWatch begins to watch r, which belongs to project. ok is false where there is
// nothing to watch: what is read-only stays as it is.
func NewWatch(r Repo, project string) (w Watch, ok bool) {
	if r.Dir == "" {
		path := filepath.Join(project, ".git")
		return Watch{Dir: path}, kindOf(path) == nothing
	}
	head, err := readText(filepath.Join(r.Common, "HEAD"), false)
	return Watch{Dir: r.Common, Head: head}, err == nil && isHead(head) && isGitDir(r.Common)
}

// Hold keeps the directory open, so that it is found wherever root inside moves it.
func (w *Watch) Hold() error {
	if w.Head == "" {
		return nil
	}
	fd, err := syscall.Open(w.Dir, oPath|syscall.O_DIRECTORY|syscall.O_NOFOLLOW|syscall.O_CLOEXEC, 0)
	if err == nil {
		w.Dir = "/proc/self/fd/" + strconv.Itoa(fd)
	}
	return err
}

const oPath = 0x200000 // O_PATH, the same on every architecture that we build for

// Check looks and undoes.
func (w *Watch) Check() []string {
	if w.Head == "" {
		return w.appeared()
	}
	root, err := os.OpenRoot(w.Dir)
	if err != nil {
		return nil
	}
	defer func() { _ = root.Close() }()
	var found []string
	if _, err := root.Lstat("commondir"); err == nil && w.remove(root, "commondir") == nil {
		found = append(found, Redirected)
	}
	if w.mend(root) {
		found = append(found, Broken)
	}
	if w.Fixed && !readOnly(filepath.Join(w.Dir, "config")) {
		w.Fixed = false // said once
		found = append(found, Exposed)
	}
	return found
}

// appeared says it once.
func (w *Watch) appeared() []string {
	if w.Dir == "" || kindOf(w.Dir) == nothing {
		return nil
	}
	w.Dir = ""
	return []string{Appeared}
}

// readOnly reports whether path is a file that a mount keeps from being written to.
func readOnly(path string) bool {
	const readOnlyMount = 1 // ST_RDONLY, see statfs(2)
	var st syscall.Statfs_t
	return kindOf(path) == file && syscall.Statfs(path, &st) == nil && st.Flags&readOnlyMount != 0
}

// remove also takes what is in the way as a directory.
func (w *Watch) remove(root *os.Root, name string) error { return root.RemoveAll(name) }

// mend makes a git directory one again: git would go on to take the project itself for
// a bare repository, or a directory above it.
func (w *Watch) mend(root *os.Root) bool {
	mended := false
	for _, name := range []string{"objects", "refs"} {
		st, err := root.Lstat(name)
		if err == nil && st.IsDir() {
			continue
		}
		mended = true
		if w.remove(root, name) == nil && root.Mkdir(name, 0o755) == nil {
			_ = root.Lchown(name, w.UID, w.GID)
		}
	}
	if headOf(root) {
		return mended
	}
	if w.remove(root, "HEAD") == nil && root.WriteFile("HEAD", []byte(w.Head), 0o644) == nil {
		_ = root.Lchown("HEAD", w.UID, w.GID)
	}
	return true
}

// headOf reports whether git takes the HEAD in root for one (validate_headref).
func headOf(root *os.Root) bool {
	if to, err := root.Readlink("HEAD"); err == nil {
		return strings.HasPrefix(to, "refs/")
	}
	f, err := root.OpenFile("HEAD", os.O_RDONLY|syscall.O_NONBLOCK|syscall.O_NOFOLLOW, 0)
	if err != nil {
		return false
	}
	defer func() { _ = f.Close() }()
	if st, err := f.Stat(); err != nil || !st.Mode().IsRegular() {
		return false
	}
	b, err := io.ReadAll(io.LimitReader(f, 256))
	return err == nil && isHead(string(b))
}

// isHead takes a name below refs/, or the name of a commit.
func isHead(text string) bool {
	if rest, ok := strings.CutPrefix(text, "ref:"); ok {
		return strings.HasPrefix(strings.TrimLeft(rest, " \t\r\n"), "refs/")
	}
	hex := 0
	for hex < len(text) && strings.IndexByte("0123456789abcdefABCDEF", text[hex]) >= 0 {
		hex++
	}
	return hex >= 40
}
