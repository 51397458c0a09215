package gitrepo

import "path/filepath"

// Remotes are the addresses of the other repositories that the project's own, if any, knows.
func Remotes(project string) []string {
	r, _ := Find(project)
	if r.Common == "" {
		return nil
	}
	text, err := readText(filepath.Join(r.Common, "config"), false)
	if err != nil {
		return nil
	}
	var out []string
	for _, v := range parseConfig(text) {
		if v.section == "remote" && (v.name == "url" || v.name == "pushurl") {
			out = append(out, v.value)
		}
	}
	return out
}
