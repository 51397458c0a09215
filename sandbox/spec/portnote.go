package spec

// PortNote is what is said of some ports inside.
type PortNote struct {
	From          int    `json:"from,omitempty"`
	To            int    `json:"to,omitempty"` // both 0: of all others
	Label         string `json:"label,omitempty"`
	OnAutoForward string `json:"onAutoForward,omitempty"`
	Protocol      string `json:"protocol,omitempty"`
}

// Ignore is the OnAutoForward of ports that are left alone.
const Ignore = "ignore"

// Note is what is said of a port; zero for nothing.
func (n Net) Note(port int) PortNote {
	for _, note := range n.Notes {
		if note.To == 0 || port >= note.From && port <= note.To {
			return note
		}
	}
	return PortNote{}
}
