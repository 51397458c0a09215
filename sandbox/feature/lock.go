package feature

import (
	"bytes"
	"encoding/json"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// Lock is what devcontainer-lock.json says: what each feature was when it was first used.
type Lock struct {
	Features map[string]Locked `json:"features"` // by the name as it is written
}

// Locked is one feature of it.
type Locked struct {
	Version   string   `json:"version"`
	Resolved  string   `json:"resolved"`  // registry/path@sha256:..., or the address
	Integrity string   `json:"integrity"` // sha256:... of the manifest, or of the archive
	DependsOn []string `json:"dependsOn,omitempty"`
}

// LockName is the lock's path for the configuration file config: beside it, and
// hidden where a devcontainer.json is.
func LockName(config string) string {
	name := "devcontainer-lock.json"
	if filepath.Base(config) == ".devcontainer.json" {
		name = "." + name
	}
	return filepath.Join(filepath.Dir(config), name)
}

// ParseLock reads a lock. An empty file is an empty one.
func ParseLock(file string, data []byte) (Lock, error) {
	l := Lock{Features: map[string]Locked{}}
	if len(bytes.TrimSpace(data)) == 0 {
		return l, nil
	}
	d, o, err := parse(file, data)
	if err != nil {
		return l, err
	}
	for _, m := range o.Members {
		if d.text(m.Name, "") != "features" {
			continue
		}
		for _, f := range d.memberList(m.Value) {
			l.Features[f.name] = d.locked(f)
		}
	}
	return l, d.err
}

func (d *document) locked(f entry) (out Locked) {
	d.members(f.value, f.name, func(key string, _, v value) {
		switch key {
		case "version":
			out.Version = d.text(v, key)
		case "resolved":
			out.Resolved = d.text(v, key)
		case "integrity":
			if out.Integrity = d.text(v, key); !isDigest(out.Integrity) {
				d.fail(v, "integrity: sha256: with 64 hexadecimal digits is needed")
			}
		case "dependsOn":
			out.DependsOn = d.texts(v, key)
		}
	})
	if out.Integrity == "" { // it would lock nothing, unseen
		d.fail(f.value, "integrity: sha256: with 64 hexadecimal digits is needed")
	}
	return out
}

func isDigest(s string) bool { return regexp.MustCompile(`^sha256:[0-9a-f]{64}$`).MatchString(s) }

// Digest is what the lock says of a reference; "" for nothing.
func (l Lock) Digest(r Reference) string {
	for id, f := range l.Features {
		if strings.EqualFold(id, r.Written) {
			return f.Integrity
		}
	}
	return ""
}

// LockOf is the lock of what is installed. Folders are not in it: they are in the project.
func LockOf(nodes []Node) Lock {
	l := Lock{Features: map[string]Locked{}}
	for _, n := range nodes {
		if n.Kind == Local {
			continue
		}
		f := Locked{Version: n.Metadata.Version, Resolved: n.Pinned(n.Digest), Integrity: n.Digest}
		for _, a := range n.Metadata.DependsOn {
			f.DependsOn = append(f.DependsOn, strings.ToLower(a.ID))
		}
		slices.Sort(f.DependsOn)
		l.Features[lockKey(n.Reference)] = f
	}
	return l
}

// lockKey: the names of artifacts are the same in whatever case, addresses are not.
func lockKey(r Reference) string {
	if r.Kind == Tarball {
		return r.Written
	}
	return strings.ToLower(r.Written)
}

// Equal reports whether two locks say the same.
func (l Lock) Equal(other Lock) bool {
	return maps.EqualFunc(l.Features, other.Features, func(a, b Locked) bool {
		return a.Version == b.Version && a.Resolved == b.Resolved && a.Integrity == b.Integrity && slices.Equal(a.DependsOn, b.DependsOn)
	})
}

// Bytes is the lock as a file.
func (l Lock) Bytes() ([]byte, error) {
	b := &bytes.Buffer{}
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(l) // keys are sorted
	return b.Bytes(), err
}
