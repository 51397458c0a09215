package config

// Interpolate is expand for tests outside.
func Interpolate(text string, lookup func(string) (string, bool)) (string, string) {
	v := &variables{project: Project{Dir: "/p"}, name: "n", lookup: lookup, used: func(string, string) {}}
	return v.expand(text, "key")
}
