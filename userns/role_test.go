package userns_test

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/rootless-sandbox/sandbox/userns"
)

// The kernel tests start this binary again: as the process inside, which does
// its task and tells what it saw on standard output, and as another one outside.
const (
	role     = "userns-test"      // calls Enter
	deadRole = "userns-test-dead" // ends at once
	hostRole = "userns-test-host" // starts a process and waits to be killed
)

func TestMain(m *testing.M) {
	code := 0
	switch os.Args[0] {
	case role:
		code = playInside()
	case deadRole:
	case hostRole:
		code = playHost()
	default:
		code = m.Run()
	}
	syscall.Exit(code)
}

// task is what the process inside is to do after Enter.
type task struct {
	Do    string         // look, remove, wait or nest; empty: end at once
	Files []string       // look: what to tell of; remove: what
	Cover string         // nest: the directory to cover
	Deny  int            // nest: the number of a system call that is refused from then on
	Inner *userns.Launch // nest: what to start then, with the present ids
}

// seen is what it tells.
type seen struct {
	UID, PID int
	Hostname string
	Mounts   string
	Core     uint64 // the limit of core dumps
	NoFile   uint64
	Files    map[string]file
	Degraded []userns.Degradation // nest: of the inner one
	Err      string
}

type file struct {
	Err  string
	Mode fs.FileMode
	UID  int
	Text string // of a link where it leads
	RO   bool   // the mount that it is on is read-only
}

func playInside() int {
	runtime.LockOSThread() // Enter ties the life of the process to this thread
	in, err := userns.Enter(func(userns.Launch) {})
	if err != nil || in.Settled() != nil {
		return 1
	}
	var todo task
	if in.Payload != nil {
		if err := json.Unmarshal(in.Payload, &todo); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 2
		}
	}
	switch todo.Do {
	case "look":
		return tell(look(todo.Files))
	case "remove":
		for _, dir := range todo.Files {
			if err := os.RemoveAll(dir); err != nil {
				fmt.Fprintln(os.Stderr, err)
				return 4
			}
		}
	case "wait":
		time.Sleep(time.Hour)
	case "nest":
		return nest(todo, in.IDs)
	}
	return 0
}

func tell(s seen) int {
	if json.NewEncoder(os.Stdout).Encode(s) != nil {
		return 3
	}
	return 0
}

func look(names []string) seen {
	s := seen{UID: os.Getuid(), PID: os.Getpid(), Files: map[string]file{}}
	s.Hostname, _ = os.Hostname()
	mounts, _ := os.ReadFile("/proc/self/mountinfo")
	s.Mounts = string(mounts)
	s.Core, s.NoFile = hardLimit(syscall.RLIMIT_CORE), hardLimit(syscall.RLIMIT_NOFILE)
	for _, name := range names {
		s.Files[name] = lookAt(name)
	}
	return s
}

func hardLimit(resource int) uint64 {
	var l syscall.Rlimit
	_ = syscall.Getrlimit(resource, &l)
	return l.Max
}

func lookAt(name string) file {
	st, err := os.Lstat(name)
	if err != nil {
		return file{Err: err.Error()}
	}
	f := file{Mode: st.Mode()}
	if s, ok := st.Sys().(*syscall.Stat_t); ok {
		f.UID = int(s.Uid)
	}
	switch {
	case st.Mode()&os.ModeSymlink != 0:
		f.Text, _ = os.Readlink(name)
		return f
	case st.Mode().IsRegular():
		b, _ := os.ReadFile(name)
		f.Text = string(b)
	}
	var fsStat syscall.Statfs_t
	if err := syscall.Statfs(name, &fsStat); err != nil {
		f.Err = err.Error()
	}
	f.RO = fsStat.Flags&1 != 0 // ST_RDONLY, see statvfs(3)
	return f
}

// nest covers a directory and starts another process from here, with the ids that are here.
func nest(todo task, ids userns.IDMap) int {
	if err := syscall.Mount("tmpfs", todo.Cover, "tmpfs", 0, "size=4096"); err != nil {
		return tell(seen{Err: "cover: " + err.Error()})
	}
	if err := deny(todo.Deny); err != nil {
		return tell(seen{Err: "deny: " + err.Error()})
	}
	todo.Inner.IDs = userns.IDMap{UIDs: same(ids.UIDs), GIDs: same(ids.GIDs)}
	p, out, err := startHere(*todo.Inner)
	if err != nil {
		return tell(seen{Err: "start: " + err.Error()})
	}
	var s seen
	if err := json.NewDecoder(out).Decode(&s); err != nil {
		s.Err = "read: " + err.Error()
	}
	if code, err := p.Wait(); err != nil || code != 0 {
		s.Err = fmt.Sprint("it ended with ", code, err)
	}
	s.Degraded = p.Degraded
	return tell(s)
}

// same maps every id to itself.
func same(extents []userns.Extent) []userns.Extent {
	out := make([]userns.Extent, 0, len(extents))
	for _, e := range extents {
		out = append(out, userns.Extent{ContainerID: e.ContainerID, HostID: e.ContainerID, Size: e.Size})
	}
	return out
}

// startHere starts the role and gives the reading end of its standard output.
func startHere(l userns.Launch) (*userns.Process, *os.File, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, nil, err
	}
	p, err := userns.Start(role, l, userns.Stdio{Out: w, Err: os.Stderr})
	_ = w.Close()
	if err != nil {
		_ = r.Close()
		return nil, nil, err
	}
	return p, r, nil
}

// playHost starts what standard input says, prints the process id, and stays.
func playHost() int {
	runtime.LockOSThread() // the child dies with this thread
	var l userns.Launch
	if err := json.NewDecoder(os.Stdin).Decode(&l); err != nil {
		fmt.Println(err)
		return 1
	}
	p, err := userns.Start(role, l, userns.Stdio{})
	if err != nil {
		fmt.Println(err)
		return 1
	}
	fmt.Println(p.PID)
	time.Sleep(time.Hour)
	return 0
}
