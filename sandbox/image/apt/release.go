package apt

import (
	"fmt"
	"maps"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
)

// release is what a Release file says (Debian wiki, "RepositoryFormat").
type release struct {
	suite, codename string
	date            time.Time
	validUntil      time.Time // zero: for ever
	byHash          bool
	components      []string
	archs           []string
	files           map[string]sum // by path below the release's directory
}

// sum is what makes a file the right one.
type sum struct {
	sha256 string
	size   int64
}

const releaseName = "release file"

func parseRelease(text []byte) (*release, error) {
	all := paragraphs(string(text))
	if len(all) != 1 {
		return nil, &ParseError{releaseName, fmt.Sprintf("%d paragraphs instead of one", len(all))}
	}
	p := all[0]
	r := &release{
		suite:      p["suite"],
		codename:   p["codename"],
		byHash:     strings.EqualFold(p["acquire-by-hash"], "yes"),
		components: strings.Fields(p["components"]),
		archs:      strings.Fields(p["architectures"]),
	}
	var err error
	if r.date, err = parseDate(p["date"]); err != nil {
		return nil, &ParseError{releaseName, "Date: " + err.Error()}
	}
	if v := p["valid-until"]; v != "" {
		if r.validUntil, err = parseDate(v); err != nil {
			return nil, &ParseError{releaseName, "Valid-Until: " + err.Error()}
		}
	}
	r.files, err = parseSums(p["sha256"])
	return r, err
}

// parseDate reads the form of RFC 2822 that archives write, "UTC" included.
func parseDate(v string) (time.Time, error) {
	if t, err := time.Parse(time.RFC1123Z, v); err == nil {
		return t, nil
	}
	for _, layout := range []string{http.TimeFormat, "Mon, 2 Jan 2006 15:04:05 UTC", "Mon, _2 Jan 2006 15:04:05 UTC"} {
		if t, err := time.Parse(layout, v); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is not a date", v)
}

func parseSums(text string) (map[string]sum, error) {
	files := map[string]sum{}
	for line := range strings.Lines(text) {
		f := strings.Fields(line)
		if len(f) == 0 {
			continue
		}
		if len(f) != 3 || !validSHA256(f[0]) {
			return nil, &ParseError{releaseName, fmt.Sprintf("SHA256: bad line %.100q", line)}
		}
		size, err := strconv.ParseInt(f[1], 10, 64)
		if err != nil || size < 0 {
			return nil, &ParseError{releaseName, fmt.Sprintf("SHA256: bad size in %.100q", line)}
		}
		files[f[2]] = sum{f[0], size}
	}
	if len(files) == 0 {
		return nil, &ParseError{releaseName, "it has no SHA256 sums"}
	}
	return files, nil
}

func validSHA256(s string) bool {
	return len(s) == 64 && strings.Trim(s, "0123456789abcdef") == ""
}

// check refuses a release that is not the suite's, or no longer.
func (r *release) check(url, suite string, now time.Time, dated bool) error {
	if suite != r.suite && suite != r.codename {
		return &SuiteError{url, suite, r.suite, r.codename}
	}
	if !dated && !r.validUntil.IsZero() && now.After(r.validUntil) {
		return &ExpiredError{url, r.validUntil, now}
	}
	return nil
}

// indexFile is the list of packages of one component, as it is fetched.
type indexFile struct {
	path string // below the release's directory
	sum  sum
	max  int64 // of what it decompresses to
}

// unlistedIndex is the cap where the release does not say how large an index is.
const unlistedIndex = 1 << 30

// index finds the list of packages. gzip comes before xz: it is a third larger
// and five times faster to decompress, so that it wins on all but slow links.
func (r *release) index(component, arch string) (indexFile, error) {
	plain := path.Join(component, "binary-"+arch, "Packages")
	for _, ext := range []string{".gz", ".xz", ".zst", ""} {
		s, ok := r.files[plain+ext]
		if !ok {
			continue
		}
		f := indexFile{path: plain + ext, sum: s, max: unlistedIndex}
		if p, ok := r.files[plain]; ok {
			f.max = p.size
		}
		if r.byHash {
			f.path = path.Join(path.Dir(plain), "by-hash/SHA256", s.sha256)
		}
		return f, nil
	}
	known := r.components
	if slices.Contains(known, component) {
		known = r.archs
	}
	if len(known) == 0 {
		known = slices.Sorted(maps.Keys(r.files))
		known = known[:min(len(known), 5)]
	}
	return indexFile{}, &ComponentError{r.codename, component, arch, known}
}
