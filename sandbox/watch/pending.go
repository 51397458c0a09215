package watch

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"time"
)

// Kinds of changes.
const (
	Created = "created"
	Written = "written" // also its times or its mode
	Removed = "removed"
)

// Change is what became of one file.
type Change struct {
	Path string `json:"path"` // relative to the tree
	Kind string `json:"kind"`
}

// Batch is what changed for one rule since its last batch.
type Batch struct {
	Rule    int       // its place in Options.Rules
	Changes []Change  // by path
	All     bool      // any file may have changed: more did than are listed, or some were missed
	First   time.Time // when the first of the changes was seen
}

// maxPaths bounds what one rule remembers; beyond it anything may have changed.
const maxPaths = 50_000

// pending collects changes of one rule.
type pending struct {
	timing
	filter *filter
	paths  map[string]bool  // whether it was new when first seen
	all    bool             // see Batch.All
	known  map[string]stamp // what was handed over last, as it was
}

// stamp tells one state of a file from another.
type stamp struct {
	size  int64
	mtime int64
	inode uint64
	mode  fs.FileMode
}

func stampOf(info fs.FileInfo) stamp {
	s := stamp{size: info.Size(), mtime: info.ModTime().UnixNano(), mode: info.Mode()}
	if sys, ok := info.Sys().(*syscall.Stat_t); ok {
		s.inode = sys.Ino
	}
	return s
}

// add takes a change of a file, if it is this rule's.
func (p *pending) add(file string, fresh bool, now time.Time) {
	if _, have := p.paths[file]; !have {
		if !p.filter.wants(file) {
			return
		}
		if p.all || len(p.paths) >= maxPaths {
			p.all, p.paths = true, nil
		} else {
			if p.paths == nil {
				p.paths = map[string]bool{}
			}
			p.paths[file] = fresh
		}
	}
	p.note(now)
}

// addDir takes a directory that is gone with all that was in it.
func (p *pending) addDir(dir string, now time.Time) {
	if !p.filter.enters(dir) {
		return
	}
	if !p.all {
		if p.paths == nil {
			p.paths = map[string]bool{}
		}
		p.paths[dir] = false
	}
	p.note(now)
}

// everything: changes were missed.
func (p *pending) everything(now time.Time) {
	p.all, p.paths = true, nil
	p.note(now)
}

// take hands over what waits, as it is now. Not ok: it came to nothing.
func (p *pending) take(root string) (Batch, bool) {
	b := Batch{All: p.all, First: p.first}
	known := map[string]stamp{}
	for _, file := range slices.Sorted(maps.Keys(p.paths)) {
		info, err := os.Lstat(filepath.Join(root, file))
		switch {
		case err != nil && p.paths[file]: // came and went
		case err != nil:
			b.Changes = append(b.Changes, Change{file, Removed})
		case info.IsDir(): // the files in it are told
		default:
			now := stampOf(info)
			if before, ok := p.known[file]; ok && before == now { // steps of a save that was taken already
				known[file] = now
				continue
			}
			known[file] = now
			b.Changes = append(b.Changes, Change{file, kindOf(p.paths[file])})
		}
	}
	p.taken()
	p.paths, p.all, p.known = nil, false, known
	return b, b.All || len(b.Changes) > 0
}

func kindOf(fresh bool) string {
	if fresh {
		return Created
	}
	return Written
}
