package gitrepo

import "strings"

// variable is one setting of a git configuration file. Section and name are in small letters.
type variable struct {
	section, sub, name string
	value              string
}

// parseConfig reads the text of a configuration file, by git-config(1), "Syntax". git
// refuses a file with a mistake; here it ends at the mistake.
func parseConfig(text string) []variable {
	s := &scanner{text: strings.TrimPrefix(text, "\ufeff")}
	var all []variable
	var at variable
	for {
		c, ok := s.next()
		switch {
		case !ok:
			return all
		case isBlank(c) || c == '\n':
		case c == '#' || c == ';':
			s.skipLine()
		case c == '[':
			if at.section, at.sub, ok = s.header(); !ok {
				return all
			}
		default:
			s.back()
			if at.name, at.value, ok = s.setting(); !ok || at.section == "" {
				return all
			}
			all = append(all, at)
		}
	}
}
