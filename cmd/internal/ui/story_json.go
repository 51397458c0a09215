package ui

import "github.com/rootless-sandbox/sandbox/sandbox/spec"

// jsonLine is one event for programs. Its names are a contract.
type jsonLine struct {
	Type      string   `json:"type"` // event
	Kind      string   `json:"kind"`
	Name      string   `json:"name,omitempty"`
	State     string   `json:"state,omitempty"`
	Detail    string   `json:"detail,omitempty"`
	Count     int      `json:"count,omitempty"`
	ElapsedMS float64  `json:"elapsed_ms,omitempty"`
	Done      int64    `json:"done,omitempty"`  // bytes
	Total     int64    `json:"total,omitempty"` // bytes
	Step      int      `json:"step,omitempty"`  // of a build: its number
	Tail      []string `json:"tail,omitempty"`  // of a service: the last lines of its output
}

func (s *Story) jsonEvent(e spec.Event) {
	// A standard error that cannot be written to leaves nobody to tell.
	_ = JSONLine(s.W, jsonLine{
		Type: "event", Kind: e.Kind, Name: e.Name, State: e.State, Detail: e.Detail,
		Count: e.Count, ElapsedMS: float64(e.Elapsed.Microseconds()) / 1000,
		Done: e.Done, Total: e.Total, Step: e.Step, Tail: e.Tail,
	})
}
