package store

import (
	"crypto/sha256"
	"encoding/hex"
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
//	    services/NAME            what a service printed, NAME~ the older part; see the agent's serviceLog
//	    egress                   what was asked of a filtered network; egress.1 is the older part
//	    fs/                      may belong to subordinate ids, all of it
//	      upper, work            of the root's overlay
//	      etc-upper, etc-work    of /etc's overlay
//	      etc-upper-whole        a copy of /etc, where a container lets no overlay be
//	      root                   where the root is put together
//	      home                   the private home directory
//	  runs/<id>-<random>/        as a sandbox; flock(2)ed itself as long as it is in use
//	  volumes/<key>/             outlive the sandboxes; flock(2)ed while one is started, see KeptInfo
//	  caches/<key>/              the same, of tools, shared by sandboxes
//	    kept.json                see KeptInfo; its time of change is the last use
//	    fs/<part>                what is mounted; may belong to subordinate ids
//	  layers/<key>/              one unpacked layer, flock(2)ed while it is in use; see LayerKey
//	    layer.json               see LayerInfo
//	    fs/root/                 its files, in the form that overlay takes; may belong to subordinate ids
//	  features/<digest>/fs/root/ the files of one feature of dev containers; the directory is flock(2)ed while it is in use
//	  features/<sum>.json        see FeatureName
//	  images/<name>.json         see Image; <name>.json.new while it is written
//	  images/<name>.generation   see Generation
//	  images/<name>.inputs       see WriteInputs
//	  downloads/<digest>         a blob that is being fetched, or of which a part was
//	  locks/<name>               flock(2)ed by whoever makes a layer or an image
//	  trust/<digest>.json        what the user let the project of that path ask of the host: see Trust
//	  cache/<name>/              what package managers fetched
//	  tests/                     of sandbox test: notes, and copies of what is elsewhere
//	    records/<id>.json        what was run and how it went, see package testrun
//	    passed/<digest>.json     the same of inputs that passed, by their digest
//	    files/<project>          digests of the project's files, by what changes with them
//	    commits/<key>/           the files of a commit, as runs see them
//	  agent-<digest>             executed as the first process of a sandbox; see package place
//	<runtime>/                   0700, the caller's alone, gone after a reboot
//	  <id>/
//	    n                        the monitor's socket
//	    s                        the agent's socket; sun_path has 108 bytes, hence the name
//	    e                        names of variables that commands get of their caller, one a line
//	    m                        empty: a mount point inside the mount namespace
//	  reaper                     in a container: does its process 1 wait for orphans? See InitReaps
const (
	sandboxesName = "sandboxes"
	runsName      = "runs"
	volumesName   = "volumes"
	cachesName    = "caches"
	keptName      = "kept.json"
	layersName    = "layers"
	imagesName    = "images"
	downloadsName = "downloads"
	locksName     = "locks"
	cacheName     = "cache"
	trustName     = "trust"
	featuresName  = "features"
	testsName     = "tests"

	stateName        = "state.json"
	newStateName     = "state.json.new"
	lockName         = "lock"
	logName          = "log"
	egressName       = "egress"
	servicesName     = "services"
	layerName        = "layer.json"
	imageSuffix      = ".json"
	generationSuffix = ".generation"
	inputsSuffix     = ".inputs"
	trustSuffix      = ".json"
	featureSuffix    = ".json"
	newSuffix        = ".new"

	fsName       = "fs"
	upperName    = "upper"
	workName     = "work"
	rootName     = "root"
	etcUpperName = "etc-upper"
	etcWorkName  = "etc-work"
	homeName     = "home"

	socketName  = "s"
	monitorName = "n"
	passEnvName = "e"
	stagingName = "m"
	reaperName  = "reaper"
)

const maxImageName = 180

// Dir is where one sandbox keeps its things. It is names only: nothing is made.
type Dir struct{ path, runtime string }

func (d Dir) Path() string   { return d.path }
func (d Dir) State() string  { return filepath.Join(d.path, stateName) }
func (d Dir) Lock() string   { return filepath.Join(d.path, lockName) }
func (d Dir) Log() string    { return filepath.Join(d.path, logName) }
func (d Dir) Egress() string { return filepath.Join(d.path, egressName) }

// ServiceLogs is where the logs of services are.
func (d Dir) ServiceLogs() string { return filepath.Join(d.path, servicesName) }

// ServiceLog is that of one service, OlderServiceLog what it had when it was full.
func (d Dir) ServiceLog(name string) string {
	return filepath.Join(d.path, servicesName, fileName(name))
}
func (d Dir) OlderServiceLog(name string) string { return d.ServiceLog(name) + "~" }

func (d Dir) Layer() string { return filepath.Join(d.path, layerName) }

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
func (d Dir) Monitor() string { return filepath.Join(d.runtime, monitorName) }
func (d Dir) PassEnv() string { return filepath.Join(d.runtime, passEnvName) }
func (d Dir) Staging() string { return filepath.Join(d.runtime, stagingName) }

// Sandbox is where the sandbox id lies.
func (s *Store) Sandbox(id string) Dir {
	name := fileName(id)
	return Dir{filepath.Join(s.data, sandboxesName, name), filepath.Join(s.runtime, name)}
}

// Part is a part of a volume or of a cache.
func (d Dir) Part(name string) string { return filepath.Join(d.path, fsName, fileName(name)) }

// Kept is where a volume or a cache lies.
func (s *Store) Kept(kind Kind, key string) Dir {
	return Dir{path: filepath.Join(s.data, string(kind), fileName(key))}
}

// Layer is where an unpacked layer lies.
func (s *Store) Layer(key string) Dir {
	return Dir{path: filepath.Join(s.data, layersName, fileName(key))}
}

// Download is where a blob is put while it is fetched.
func (s *Store) Download(digest string) string {
	return filepath.Join(s.data, downloadsName, fileName(digest))
}

// Cache is a directory that the caches of one kind share.
func (s *Store) Cache(name string) string { return filepath.Join(s.data, cacheName, fileName(name)) }

// Tests is where the things of one kind lie that sandbox test keeps: records, passed, files, commits.
func (s *Store) Tests(kind string) string { return filepath.Join(s.data, testsName, fileName(kind)) }

// trust is named by a digest: a path is longer than a file's name may be.
func (s *Store) trust(project string) string {
	sum := sha256.Sum256([]byte(project))
	return filepath.Join(s.data, trustName, hex.EncodeToString(sum[:])+trustSuffix)
}

func (s *Store) image(name string) string {
	file := fileName(name)
	if len(file) > maxImageName { // a file name has 255 bytes at most
		sum := sha256.Sum256([]byte(name))
		file = file[:maxImageName] + "%" + hex.EncodeToString(sum[:8])
	}
	return filepath.Join(s.data, imagesName, file+imageSuffix)
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

// unescape is the other way round.
func unescape(name string) string {
	out := make([]byte, 0, len(name))
	for i := 0; i < len(name); i++ {
		if name[i] == '%' && i+2 < len(name) {
			if b, err := hex.DecodeString(name[i+1 : i+3]); err == nil {
				out, i = append(out, b[0]), i+2
				continue
			}
		}
		out = append(out, name[i])
	}
	return string(out)
}

func (s *Store) reaper() string { return filepath.Join(s.runtime, reaperName) }

// Staging is an empty directory that every sandbox may mount on, each in its
// own mount namespace.
func (s *Store) Staging() string { return filepath.Join(s.runtime, stagingName) }
