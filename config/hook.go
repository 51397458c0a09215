package config

import "encoding/json"

// Hook is one command, or several that run side by side. At most one field is set.
type Hook struct {
	Shell    string          // a string: for /bin/sh -c
	Exec     []string        // a list: a program and its arguments
	Parallel map[string]Hook // keys and values, each a string or a list
}

// IsZero reports whether the hook does nothing.
func (h Hook) IsZero() bool { return h.Shell == "" && len(h.Exec) == 0 && len(h.Parallel) == 0 }

// value is the hook as it stands in a file.
func (h Hook) value() any {
	switch {
	case len(h.Parallel) > 0:
		commands := map[string]any{}
		for name, command := range h.Parallel {
			commands[name] = command.value()
		}
		return commands
	case len(h.Exec) > 0:
		return h.Exec
	}
	return h.Shell
}

// MarshalJSON writes the hook as it stands in a file: text, list or object.
func (h Hook) MarshalJSON() ([]byte, error) { return json.Marshal(h.value()) }
