package config

import "strings"

// dataRequests are what secrets and caches ask of the host.
func (l *Loaded) dataRequests(ask func(key, what string)) {
	for i, s := range l.Config.Secrets {
		ask(indexed("secrets", i), l.secretRequest(s))
	}
	if l.Config.CacheScope == "user" {
		ask("cache_scope", "caches that are shared with your other projects, whatever your own settings say")
	}
}

// variableRequests are the variables of the host that texts refer to.
func (l *Loaded) variableRequests(ask func(key, what string)) {
	for _, v := range l.read {
		if v.at != "" {
			ask(v.at, "the variable "+v.name+" of your environment, in "+exact(v.key))
			continue
		}
		key, _, _ := strings.Cut(v.key, "[") // a list's entry has the origin of the list at least
		if _, ok := l.Origins[v.key]; ok {
			key = v.key
		}
		ask(key, "the variable "+v.name+" of your environment, in "+exact(v.key))
	}
}

func (l *Loaded) secretRequest(s Secret) string {
	as := " as the secret " + exact(s.Name)
	switch {
	case s.Env != "":
		return "the variable " + exact(s.Env) + " of your environment" + as
	case len(s.Command) > 0:
		return "at each start, what this command prints that runs on this host: " + flow(s.Command) + "," + as
	}
	if l.homeless(s.File) {
		return "the file " + exact(s.File) + as
	}
	// A file in the project is read without following a link out of it, whatever
	// the links are by then; that needs nobody's word.
	path := Expand(s.File, l.home, l.Project.Dir)
	if within(path, l.Project.Dir) {
		return ""
	}
	return "the file " + exact(path) + as
}
