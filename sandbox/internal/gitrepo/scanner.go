package gitrepo

import "strings"

// scanner gives the characters of a text; a line ends with \n, whatever the file has.
type scanner struct {
	text string
	pos  int
}

func (s *scanner) next() (byte, bool) {
	if s.pos >= len(s.text) {
		return 0, false
	}
	if strings.HasPrefix(s.text[s.pos:], "\r\n") {
		s.pos++
	}
	c := s.text[s.pos]
	s.pos++
	return c, true
}

// back gives the last character again.
func (s *scanner) back() { s.pos-- }

func (s *scanner) skipLine() {
	if end := strings.IndexByte(s.text[s.pos:], '\n'); end >= 0 {
		s.pos += end + 1
		return
	}
	s.pos = len(s.text)
}

// header reads what stands behind a [: a section and perhaps a quoted part of it.
func (s *scanner) header() (section, sub string, ok bool) {
	start := s.pos
	for {
		c, ok := s.next()
		switch {
		case !ok || c == '\n':
			return "", "", false
		case c == ']':
			section, sub, _ = strings.Cut(strings.ToLower(s.text[start:s.pos-1]), ".")
			return section, sub, section != ""
		case isBlank(c):
			section = strings.ToLower(s.text[start : s.pos-1])
			sub, ok = s.subsection()
			return section, sub, ok && section != ""
		case !isWord(c) && c != '.':
			return "", "", false
		}
	}
}

func (s *scanner) subsection() (string, bool) {
	c, ok := s.next()
	for ok && isBlank(c) {
		c, ok = s.next()
	}
	if !ok || c != '"' {
		return "", false
	}
	var b strings.Builder
	for {
		c, ok = s.next()
		if ok && c == '\\' {
			if c, ok = s.next(); ok && c != '\n' {
				b.WriteByte(c)
				continue
			}
		}
		switch {
		case !ok || c == '\n':
			return "", false
		case c == '"':
			c, ok = s.next()
			return b.String(), ok && c == ']'
		}
		b.WriteByte(c)
	}
}

// setting reads NAME = VALUE, or a NAME alone, which is true.
func (s *scanner) setting() (name, value string, ok bool) {
	start := s.pos
	c, more := s.next()
	for more && isWord(c) {
		c, more = s.next()
	}
	end := s.pos
	if more {
		end--
	}
	name = strings.ToLower(s.text[start:end])
	for more && isBlank(c) {
		c, more = s.next()
	}
	switch {
	case name == "":
		return "", "", false
	case !more || c == '\n':
		return name, "true", true
	case c == '#' || c == ';':
		s.skipLine()
		return name, "true", true
	case c != '=':
		return "", "", false
	}
	value, ok = s.value()
	return name, value, ok
}

// value reads to the end of a line that does not go on.
func (s *scanner) value() (string, bool) {
	var b []byte
	quoted, kept := false, 0 // blanks behind kept are left out
	for {
		c, ok := s.next()
		switch {
		case !ok || c == '\n':
			return string(b[:kept]), !quoted
		case !quoted && isBlank(c):
			if len(b) > 0 {
				b = append(b, c)
			}
			continue
		case !quoted && (c == '#' || c == ';'):
			s.skipLine()
			return string(b[:kept]), true
		case c == '"':
			quoted = !quoted
			kept = len(b)
			continue
		case c == '\\':
			if c, ok = s.next(); !ok {
				return "", false
			}
			if c == '\n' {
				continue
			}
			if c, ok = escaped(c); !ok {
				return "", false
			}
		}
		b = append(b, c)
		kept = len(b)
	}
}

func escaped(c byte) (byte, bool) {
	switch c {
	case '"', '\\':
		return c, true
	case 'n':
		return '\n', true
	case 't':
		return '\t', true
	case 'b':
		return '\b', true
	}
	return 0, false
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f' }

func isWord(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-'
}
