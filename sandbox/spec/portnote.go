package spec

import "strings"

// PortNote is what is said of some ports inside.
type PortNote struct {
	From          int    `json:"from,omitempty"`
	To            int    `json:"to,omitempty"` // both 0: of all others
	Label         string `json:"label,omitempty"`
	OnAutoForward string `json:"onAutoForward,omitempty"`
	Protocol      string `json:"protocol,omitempty"`
	// ThatPort: the same number on the host, or none.
	ThatPort bool `json:"thatPort,omitempty"`
}

// What OnAutoForward asks for that is more than a word for the user.
const (
	Ignore = "ignore" // leave the port alone
	Silent = "silent" // say nothing of it
)

// URL is the address as the protocol has it.
func (n PortNote) URL(url string) string {
	if rest, ok := strings.CutPrefix(url, "http://"); ok && n.Protocol == "https" {
		return "https://" + rest
	}
	return url
}

// Note is what is said of a port; zero for nothing.
func (n Net) Note(port int) PortNote {
	for _, note := range n.Notes {
		if note.To == 0 || port >= note.From && port <= note.To {
			return note
		}
	}
	return PortNote{}
}
