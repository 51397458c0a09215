package apt

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// source is one archive of the host's apt configuration.
type source struct {
	uri        string
	suites     []string
	components []string
	signedBy   string // a file; empty: none, or one that is not a file
}

// parseList reads the one-line style of sources.list(5).
func parseList(text string) []source {
	var all []source
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, "#")
		line = strings.Join(strings.Fields(line), " ")
		rest, ok := strings.CutPrefix(line, "deb ")
		if !ok {
			continue
		}
		var signedBy string
		if strings.HasPrefix(rest, "[") {
			options, after, ok := strings.Cut(rest[1:], "]")
			if !ok {
				continue
			}
			rest = after
			for _, o := range strings.Fields(options) {
				if v, ok := strings.CutPrefix(o, "signed-by="); ok {
					signedBy = keyFile(v)
				}
			}
		}
		if f := strings.Fields(rest); len(f) >= 2 {
			all = append(all, source{uri: f[0], suites: f[1:2], components: f[2:], signedBy: signedBy})
		}
	}
	return all
}

// parseSources reads the deb822 style of sources.list(5).
func parseSources(text string) []source {
	var all []source
	for _, p := range paragraphs(text) {
		if strings.EqualFold(p["enabled"], "no") || !slices.Contains(strings.Fields(p["types"]), "deb") {
			continue
		}
		for _, uri := range strings.Fields(p["uris"]) {
			all = append(all, source{
				uri:        uri,
				suites:     strings.Fields(p["suites"]),
				components: strings.Fields(p["components"]),
				signedBy:   keyFile(p["signed-by"]),
			})
		}
	}
	return all
}

// keyFile is the first file of a Signed-By, which may as well hold fingerprints
// or a whole key.
func keyFile(v string) string {
	first, _, _ := strings.Cut(strings.TrimSpace(v), ",")
	if strings.HasPrefix(first, "/") && !strings.ContainsAny(first, " \n") {
		return first
	}
	return ""
}

// hostSources are all archives of the host, in apt's order. A file that cannot
// be read says nothing.
func hostSources(root string) []source {
	etc := filepath.Join(root, "etc/apt")
	var all []source
	if b, err := os.ReadFile(filepath.Join(etc, "sources.list")); err == nil {
		all = parseList(string(b))
	}
	parts, _ := os.ReadDir(filepath.Join(etc, "sources.list.d")) // none: nil
	for _, e := range parts {
		parse := parseList
		switch filepath.Ext(e.Name()) {
		case ".list":
		case ".sources":
			parse = parseSources
		default:
			continue
		}
		if b, err := os.ReadFile(filepath.Join(etc, "sources.list.d", e.Name())); err == nil {
			all = append(all, parse(string(b))...)
		}
	}
	return all
}

// choose picks the archive for a suite: one that the host uses for it, else one
// that has the shape of a distribution's main archive.
func choose(all []source, suite string) (source, bool) {
	for _, s := range all {
		if slices.Contains(s.suites, suite) && usable(s) {
			return s, true
		}
	}
	for _, s := range all {
		if usable(s) && mainArchive(s) {
			return s, true
		}
	}
	return source{}, false
}

func usable(s source) bool {
	scheme, _, _ := strings.Cut(s.uri, ":")
	return supported(scheme)
}

func supported(scheme string) bool {
	return slices.Contains([]string{"http", "https", "file"}, scheme)
}

// mainArchive tells the archive that a Debian system was installed from, which
// has the other suites as well, from those of updates and of other vendors: it
// is called debian and has a plain suite, one without "-", with component main.
func mainArchive(s source) bool {
	_, path, _ := strings.Cut(s.uri, "://")
	return slices.Contains(strings.Split(path, "/"), "debian") &&
		slices.Contains(s.components, "main") &&
		slices.ContainsFunc(s.suites, func(suite string) bool { return !strings.ContainsAny(suite, "-/") })
}
