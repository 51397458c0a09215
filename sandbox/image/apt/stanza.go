package apt

import (
	"bytes"
	"strings"
)

// field is the value of one field of a paragraph, its first line only; name has
// the case that archives write. It does not allocate but for the value.
func field(paragraph []byte, name string) string {
	for len(paragraph) > 0 {
		line := paragraph
		if i := bytes.IndexByte(paragraph, '\n'); i >= 0 {
			line, paragraph = paragraph[:i], paragraph[i+1:]
		} else {
			paragraph = nil
		}
		if len(line) > len(name) && line[len(name)] == ':' && string(line[:len(name)]) == name {
			return string(bytes.TrimSpace(line[len(name)+1:]))
		}
	}
	return ""
}

// paragraphs parses a text of fields, as deb822(5) has it. Names are in lower
// case; the lines of a value are joined by newlines, comments left out.
func paragraphs(text string) []map[string]string {
	var all []map[string]string
	var now map[string]string
	var last string
	var value strings.Builder
	end := func() { // of a field
		if last != "" {
			now[last] = value.String()
		}
		last = ""
		value.Reset()
	}
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		switch {
		case strings.HasPrefix(line, "#"):
		case strings.TrimSpace(line) == "":
			end()
			now = nil
		case line[0] == ' ' || line[0] == '\t':
			value.WriteString("\n" + strings.TrimSpace(line))
		default:
			end()
			name, v, ok := strings.Cut(line, ":")
			if !ok {
				continue
			}
			if now == nil {
				now = map[string]string{}
				all = append(all, now)
			}
			last = strings.ToLower(strings.TrimSpace(name))
			value.WriteString(strings.TrimSpace(v))
		}
	}
	end()
	return all
}
