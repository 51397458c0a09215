package apt

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"pault.ag/go/debian/version"
)

// index is the packages of an archive. A paragraph is parsed when it is first
// asked for: of seventy thousand, an image takes a hundred.
type index struct {
	texts      [][]byte
	paragraphs map[string][]span // by the package's name
	parsed     map[span]*entry
	essential  []string // names, Essential: yes
	required   []string // names, Priority: required
	provided   map[string][]string
}

// span is where one paragraph stands.
type span struct{ text, from, to int }

func newIndex(texts ...[]byte) (*index, error) {
	ix := &index{paragraphs: map[string][]span{}, parsed: map[span]*entry{}}
	for i, t := range texts {
		if err := ix.scan(i, t); err != nil {
			return nil, err
		}
		ix.texts = append(ix.texts, t)
	}
	return ix, nil
}

const indexName = "package index"

// scan finds the paragraphs of a text, and the names in them.
func (ix *index) scan(text int, b []byte) error {
	for from := 0; from < len(b); {
		to := len(b)
		if i := bytes.Index(b[from:], []byte("\n\n")); i >= 0 {
			to = from + i + 1
		}
		if p := bytes.TrimSpace(b[from:to]); len(p) > 0 {
			name := field(p, "Package")
			if !validName(name) {
				return &ParseError{indexName, fmt.Sprintf("bad or no Package in %.60q", p)}
			}
			ix.paragraphs[name] = append(ix.paragraphs[name], span{text, from, to})
			if bytes.Contains(p, []byte("\nEssential: yes")) {
				ix.essential = append(ix.essential, name)
			}
			if bytes.Contains(p, []byte("\nPriority: required")) {
				ix.required = append(ix.required, name)
			}
		}
		from = to + 1
	}
	return nil
}

// validName follows Debian policy, section 5.6.7, but lets capitals pass and
// names of one letter.
func validName(s string) bool {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	return s != "" && len(s) < 256 && strings.Contains(letters, s[:1]) && strings.Trim(s, letters+"+-._") == ""
}

// versions are the packages of a name, the newest first.
func (ix *index) versions(name string) ([]*entry, error) {
	spans := ix.paragraphs[name]
	all := make([]*entry, 0, len(spans))
	for _, s := range spans {
		e, err := ix.entry(s)
		if err != nil {
			return nil, err
		}
		all = append(all, e)
	}
	slices.SortStableFunc(all, func(a, b *entry) int { return version.Compare(b.version, a.version) })
	return all, nil
}

func (ix *index) entry(s span) (*entry, error) {
	if e, ok := ix.parsed[s]; ok {
		return e, nil
	}
	e, err := parseEntry(ix.texts[s.text][s.from:s.to])
	if err != nil {
		return nil, err
	}
	ix.parsed[s] = e
	return e, nil
}

// providers are the names of packages that provide a name, sorted. The table is
// made when it is first needed, for that is seldom.
func (ix *index) providers(name string) []string {
	if ix.provided == nil {
		ix.provided = map[string][]string{}
		for provider, spans := range ix.paragraphs {
			for _, s := range spans {
				ix.addProvides(provider, field(ix.texts[s.text][s.from:s.to], "Provides"))
			}
		}
		for _, names := range ix.provided {
			slices.Sort(names)
		}
	}
	return ix.provided[name]
}

func (ix *index) addProvides(provider, list string) {
	for p := range strings.SplitSeq(list, ",") {
		p = strings.TrimSpace(p)
		if i := strings.IndexAny(p, " (:"); i >= 0 {
			p = p[:i]
		}
		if p != "" && !slices.Contains(ix.provided[p], provider) {
			ix.provided[p] = append(ix.provided[p], provider)
		}
	}
}
