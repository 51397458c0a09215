package apt

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Where dpkg keeps what it knows (dpkg(1), FILES).
const (
	dpkgDir     = "var/lib/dpkg"
	statusFile  = dpkgDir + "/status"
	infoDir     = dpkgDir + "/info"
	triggersDir = dpkgDir + "/triggers"
)

// database is dpkg's knowledge of the tree so far, to which a stage is added.
type database struct {
	status   []byte
	triggers map[string][]byte // by name of the file below triggersDir
}

// record writes all that dpkg has to know of unpacked packages.
func (m *merger) record(db *database, units []*unit) error {
	for _, u := range units {
		if err := m.info(u); err != nil {
			return err
		}
		db.status = append(db.status, u.paragraph()...)
		db.status = append(db.status, '\n')
	}
	db.activate(units) // by those who were interested before
	for _, u := range units {
		db.interest(u)
	}
	if err := m.file(statusFile, 0o644, m.epoch, db.status); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(db.triggers)) {
		if err := m.file(triggersDir+"/"+name, 0o644, m.epoch, db.triggers[name]); err != nil {
			return err
		}
	}
	return nil
}

// info writes the files of one package below infoDir.
func (m *merger) info(u *unit) error {
	prefix := infoDir + "/" + u.qualified() + "."
	for _, f := range u.members {
		if err := m.file(prefix+f.name, f.mode, f.date, f.body); err != nil {
			return err
		}
	}
	if u.md5sums != nil {
		if err := m.file(prefix+"md5sums", 0o644, m.epoch, u.md5sums); err != nil {
			return err
		}
	}
	return m.file(prefix+"list", 0o644, m.epoch, []byte(strings.Join(u.list, "\n")+"\n"))
}

// paragraph is a package's entry in the status file.
func (u *unit) paragraph() []byte {
	var b bytes.Buffer
	first, rest, _ := bytes.Cut(bytes.TrimSpace(u.control), []byte("\n"))
	fmt.Fprintf(&b, "%s\nStatus: install ok unpacked\n", first)
	if len(rest) > 0 {
		b.Write(rest)
		b.WriteByte('\n')
	}
	if len(u.conffiles) > 0 {
		b.WriteString("Conffiles:\n")
		for _, c := range u.conffiles {
			if c.md5 != "" {
				fmt.Fprintf(&b, " %s %s\n", c.path, c.md5)
			}
		}
	}
	return b.Bytes()
}

// interest notes what a package wants to be told of (deb-triggers(5)).
func (db *database) interest(u *unit) {
	for line := range strings.Lines(string(u.member("triggers"))) {
		line, _, _ = strings.Cut(line, "#")
		f := strings.Fields(line)
		if len(f) != 2 || strings.Contains(strings.TrimPrefix(f[1], "/"), "..") {
			continue
		}
		who := u.qualified()
		switch f[0] {
		case "interest", "interest-await":
		case "interest-noawait":
			who += "/noawait"
		default:
			continue
		}
		if strings.HasPrefix(f[1], "/") {
			db.triggers["File"] = fmt.Appendf(db.triggers["File"], "%s %s\n", f[1], who)
		} else if !strings.Contains(f[1], "/") {
			db.triggers[f[1]] = fmt.Appendf(db.triggers[f[1]], "%s\n", who)
		}
	}
}

// activate notes which files that someone is interested in have come. dpkg takes
// it up when it runs next, and forgets it for packages that are not yet
// configured.
func (db *database) activate(units []*unit) {
	seen := map[string]bool{}
	for line := range strings.Lines(string(db.triggers["File"])) {
		trigger, _, _ := strings.Cut(strings.TrimSpace(line), " ")
		if seen[trigger] || !slices.ContainsFunc(units, func(u *unit) bool { return u.brings(trigger) }) {
			continue
		}
		seen[trigger] = true
		db.triggers["Unincorp"] = fmt.Appendf(db.triggers["Unincorp"], "%s -\n", trigger)
	}
}

func (u *unit) brings(dir string) bool {
	return slices.ContainsFunc(u.list, func(p string) bool {
		return p == dir || strings.HasPrefix(p, dir+"/")
	})
}
