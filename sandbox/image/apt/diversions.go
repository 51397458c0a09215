package apt

import "strings"

// diversion is a name that is kept free of all packages' files but one's.
type diversion struct{ to, by string }

// parseDiversions reads dpkg's file: three lines each, the name, where others'
// files go instead, and the package that the name is kept for (":": none).
func parseDiversions(text string) map[string]diversion {
	all := map[string]diversion{}
	lines := strings.Split(text, "\n")
	for i := 0; i+2 < len(lines); i += 3 {
		if strings.HasPrefix(lines[i], "/") && strings.HasPrefix(lines[i+1], "/") {
			all[lines[i]] = diversion{to: lines[i+1], by: lines[i+2]}
		}
	}
	return all
}
