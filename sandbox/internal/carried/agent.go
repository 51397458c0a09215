package carried

import (
	"io/fs"

	"github.com/rootless-sandbox/sandbox/sandbox/store/place"
)

// Agent is the file of the carried first process; empty when there is none, or
// when it cannot be put where it belongs: then the program itself serves. A data
// directory that is read-only or full is told by whoever needs it for more.
func Agent() string { return plain("agent", place.AgentPrefix) }

// Monitor is the file of the carried monitor; empty as Agent is.
func Monitor() string { return plain("monitor", place.MonitorPrefix) }

// plain is one that is carried as it is.
func plain(name, prefix string) string {
	p := program{name: name, prefix: prefix, read: func() ([]byte, error) { return fs.ReadFile(files, "files/"+name) }}
	path, err := p.put()
	if err != nil {
		return ""
	}
	return path
}
