package testrun

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// RecordVersion is that of Record as it is written.
const RecordVersion = 1

// Record is what was run and how it went: enough to run the same again elsewhere.
type Record struct {
	Version int       `json:"version"`
	ID      string    `json:"id"`
	Program string    `json:"program"` // version of sandbox
	Time    time.Time `json:"time"`
	Project string    `json:"project"`
	Config  string    `json:"config,omitempty"` // digest of the project's configuration files
	Git     Git       `json:"git,omitzero"`
	At      string    `json:"at,omitempty"` // the commit whose files were seen, instead of the project's
	Tree    Tree      `json:"tree"`
	Host    Host      `json:"host"`
	Cases   []Result  `json:"tests"`
}

// Git is the state of the project's repository.
type Git struct {
	Commit string `json:"commit,omitempty"`
	Branch string `json:"branch,omitempty"`
}

// Host is the machine; it is no input, but may explain a difference.
type Host struct {
	Kernel string `json:"kernel"`
	Arch   string `json:"arch"`
	CPUs   int    `json:"cpus"`
	IDs    string `json:"ids"`
}

func (h Host) String() string {
	return fmt.Sprintf("%s %s, %d processors, ids: %s", h.Kernel, h.Arch, h.CPUs, h.IDs)
}

// Result is one case with all of its runs.
type Result struct {
	Name        string        `json:"name"`
	Matrix      string        `json:"matrix,omitempty"`
	Inputs      string        `json:"inputs"` // digest of environment and files
	Digest      string        `json:"environmentDigest"`
	Environment Environment   `json:"environment"`
	Timeout     time.Duration `json:"timeout,omitempty"` // nanoseconds
	Verdict     Verdict       `json:"verdict"`
	Passed      int           `json:"passed"`
	Failed      int           `json:"failed"`
	Runs        []RecordedRun `json:"runs"`
	Output      string        `json:"output,omitempty"` // the end of that of the first run that did not pass
	Shuffle     *Shuffled     `json:"shuffle,omitempty"`
}

// RecordedRun is a run without what it printed.
type RecordedRun struct {
	Run
	OutputDigest string `json:"outputDigest"`
}

// Inputs names all that goes into a run.
func Inputs(e Environment, t Tree) string {
	sum := sha256.Sum256([]byte("inputs 1\x00" + e.Digest() + "\x00" + t.Digest))
	return "sha256:" + hex.EncodeToString(sum[:])
}

// NewID names a record: by its time, so that the newest is the last.
func NewID(now time.Time) string {
	var b [3]byte
	_, _ = rand.Read(b[:]) // never fails, by its contract
	return now.UTC().Format("20060102-150405") + "-" + hex.EncodeToString(b[:])
}

// recordedOutput is how much of an output a record has.
const recordedOutput = 64 << 10

// Recorded is how runs stand in a record.
func Recorded(runs []Run) (out []RecordedRun, output string) {
	out = []RecordedRun{}
	for _, r := range runs {
		out = append(out, RecordedRun{r, r.Output.Digest()})
	}
	if bad, ok := FirstBad(runs); ok {
		text := bad.Output.Bytes()
		output = strings.ToValidUTF8(string(text[max(0, len(text)-recordedOutput):]), "\uFFFD")
	}
	return out, output
}

// Write writes a record beside its place, and renames.
func (r Record) Write(name string) error {
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(name), ".record-*")
	if err != nil {
		return fmt.Errorf("write record: %w", err)
	}
	_, err = f.Write(append(text, '\n'))
	err = errors.Join(err, f.Chmod(0o644), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		_ = os.Remove(f.Name())
		return fmt.Errorf("write record %s: %w", name, err)
	}
	return nil
}

// Bounds of a record that somebody else may have written.
const (
	maxRecord      = 64 << 20
	maxRecordCases = 10_000
)

// RecordError: a file is no record that can be repeated.
type RecordError struct{ Why string }

func (e *RecordError) Error() string { return e.Why }

// ReadRecord reads one. It may come from anybody.
func ReadRecord(r io.Reader) (Record, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxRecord+1))
	if err != nil {
		return Record{}, err
	}
	if len(text) > maxRecord {
		return Record{}, &RecordError{"larger than 64 MiB"}
	}
	return ParseRecord(text)
}

// ParseRecord checks what it will be used for.
func ParseRecord(text []byte) (rec Record, err error) {
	d := json.NewDecoder(bytes.NewReader(text))
	if err := d.Decode(&rec); err != nil {
		return rec, &RecordError{"no record: " + err.Error()}
	}
	switch {
	case rec.Version != RecordVersion:
		return rec, &RecordError{fmt.Sprintf("a record of version %d; this program knows %d", rec.Version, RecordVersion)}
	case len(rec.Cases) == 0 || len(rec.Cases) > maxRecordCases:
		return rec, &RecordError{"a record without tests, or with too many"}
	case rec.At != "" && !isHex(rec.At):
		return rec, &RecordError{"a record of a commit that is none"}
	}
	for _, c := range rec.Cases {
		if err := c.check(); err != nil {
			return rec, err
		}
	}
	return rec, nil
}

// check refuses what nobody has written who ran it: names go into files inside, and places are joined to others.
func (c Result) check() error {
	e := c.Environment
	switch {
	case len(e.Command.Args) == 0 || e.Command.Args[0] == "":
		return &RecordError{"a record of a test without a command"}
	case !slices.Contains([]string{"none", "private", "filtered", "host"}, e.Network):
		return &RecordError{"a record of a network that is none"}
	case slices.ContainsFunc(e.Env, func(kv string) bool {
		k, _, ok := strings.Cut(kv, "=")
		return !ok || k == "" || strings.ContainsRune(kv, 0)
	}):
		return &RecordError{"a record of a variable that is none"}
	case slices.ContainsFunc(e.Command.Args, func(s string) bool { return strings.ContainsRune(s, 0) }):
		return &RecordError{"a record of a command with a NUL in it"}
	case c.Timeout < 0:
		return &RecordError{"a record of a time that is none"}
	case !isName(e.User) || !isName(e.Hostname):
		return &RecordError{"a record of a user or a host whose name is none"}
	case !isPlace(e.Command.Dir) || !isPlace(e.Target):
		return &RecordError{"a record of a directory that is none"}
	}
	return nil
}

// isName takes names of users and hosts, and none at all.
func isName(s string) bool {
	return len(s) <= 253 && !strings.HasPrefix(s, ".") && !strings.HasPrefix(s, "-") && !strings.ContainsFunc(s, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && !strings.ContainsRune("._-@+$", r)
	})
}

// isPlace takes a directory's whole path, and none at all.
func isPlace(s string) bool {
	return s == "" || path.IsAbs(s) && path.Clean(s) == s && !strings.ContainsRune(s, 0)
}

func isHex(s string) bool { return len(s) <= 64 && strings.Trim(s, "0123456789abcdef") == "" }

// KeepNewest removes all but the newest records of a directory.
func KeepNewest(dir string, n int) {
	list, err := os.ReadDir(dir) // by name, the oldest first
	if err != nil {
		return
	}
	for i := range max(0, len(list)-n) {
		_ = os.Remove(filepath.Join(dir, list[i].Name()))
	}
}
