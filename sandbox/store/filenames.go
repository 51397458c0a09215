package store

import (
	"fmt"
	"path/filepath"
)

// Every name that is written to disk stands in this file.
//
//	<data>/                      0700, the caller's alone
//	  sandboxes/<id>/
//	    state.json               see State; state.json.new while it is written
//	    lock                     flock(2)ed by whoever changes this sandbox
//	    log                      what the sandbox's first process had to say
//	    fs/                      may belong to subordinate ids, all of it
//	      upper, work            of the root's overlay
//	      etc-upper, etc-work    of /etc's overlay
//	      root                   where the root is put together
//	      home                   the private home directory
//	  runs/<id>-<random>/        as a sandbox; flock(2)ed itself as long as it is in use
//	  volumes/<name>/            outlive the sandboxes
//	  rootfs/<key>/              unpacked archives; key: digest and id mapping
//	<runtime>/                   0700, the caller's alone, gone after a reboot
//	  <id>/
//	    s                        the agent's socket; sun_path has 108 bytes, hence the name
//	    m                        empty: a mount point inside the mount namespace
const (
	sandboxesName = "sandboxes"
	runsName      = "runs"
	volumesName   = "volumes"
	rootfsName    = "rootfs"

	stateName    = "state.json"
	newStateName = "state.json.new"
	lockName     = "lock"
	logName      = "log"

	fsName       = "fs"
	upperName    = "upper"
	workName     = "work"
	rootName     = "root"
	etcUpperName = "etc-upper"
	etcWorkName  = "etc-work"
	homeName     = "home"

	socketName  = "s"
	stagingName = "m"
)

// Dir is where one sandbox keeps its things. It is names only: nothing is made.
type Dir struct{ path, runtime string }

func (d Dir) Path() string  { return d.path }
func (d Dir) State() string { return filepath.Join(d.path, stateName) }
func (d Dir) Lock() string  { return filepath.Join(d.path, lockName) }
func (d Dir) Log() string   { return filepath.Join(d.path, logName) }

// FS is the part that subordinate ids may own: it is removed inside a user
// namespace, before the rest.
func (d Dir) FS() string       { return filepath.Join(d.path, fsName) }
func (d Dir) Upper() string    { return filepath.Join(d.path, fsName, upperName) }
func (d Dir) Work() string     { return filepath.Join(d.path, fsName, workName) }
func (d Dir) Root() string     { return filepath.Join(d.path, fsName, rootName) }
func (d Dir) EtcUpper() string { return filepath.Join(d.path, fsName, etcUpperName) }
func (d Dir) EtcWork() string  { return filepath.Join(d.path, fsName, etcWorkName) }
func (d Dir) Home() string     { return filepath.Join(d.path, fsName, homeName) }

// Runtime is gone after a reboot.
func (d Dir) Runtime() string { return d.runtime }
func (d Dir) Socket() string  { return filepath.Join(d.runtime, socketName) }
func (d Dir) Staging() string { return filepath.Join(d.runtime, stagingName) }

// Sandbox is where the sandbox id lies.
func (s *Store) Sandbox(id string) Dir {
	name := fileName(id)
	return Dir{filepath.Join(s.data, sandboxesName, name), filepath.Join(s.runtime, name)}
}

// Volume is the directory of a named volume.
func (s *Store) Volume(name string) string {
	return filepath.Join(s.data, volumesName, fileName(name))
}

// Rootfs is the directory of an unpacked archive. The key says what was
// unpacked and under which id mapping, for example by both digests.
func (s *Store) Rootfs(key string) string {
	return filepath.Join(s.data, rootfsName, fileName(key))
}

func (s *Store) run(name string) Dir {
	return Dir{filepath.Join(s.data, runsName, name), filepath.Join(s.runtime, name)}
}

// fileName makes one file name of any string, a different one of each: names
// come from configurations, and "../x" must stay where it was put. Letters,
// digits, "_", "-" and "." stand for themselves; ":" and ",", which mean
// something in mount options, do not, and no name is hidden.
func fileName(s string) string {
	if s == "" {
		return "%"
	}
	out := make([]byte, 0, len(s))
	for i := range len(s) {
		switch c := s[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '_', c == '-', c == '.' && i > 0:
			out = append(out, c)
		default:
			out = fmt.Appendf(out, "%%%02X", c)
		}
	}
	return string(out)
}

// Staging is an empty directory that every sandbox may mount on, each in its
// own mount namespace.
func (s *Store) Staging() string { return filepath.Join(s.runtime, stagingName) }
