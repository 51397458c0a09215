package carried

import (
	"io/fs"

	"github.com/rootless-sandbox/sandbox/sandbox/store/place"
)

// Agent is the file of the carried first process; empty when there is none, or
// when it cannot be put where it belongs: then the program itself serves. A data
// directory that is read-only or full is told by whoever needs it for more.
func Agent() string {
	agent := program{name: "agent", prefix: place.AgentPrefix, read: func() ([]byte, error) {
		return fs.ReadFile(files, "files/agent")
	}}
	path, err := agent.put()
	if err != nil {
		return ""
	}
	return path
}
