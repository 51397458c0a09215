package store

import (
	"encoding/json"
	"os"
)

// readRecord reads a file of ours that says its version in a field of that name: CorruptError
// where it is no JSON, VersionError where it is of another version than known.
func readRecord[T any](path string, known int, version func(*T) int) (T, error) {
	var read, none T
	b, err := os.ReadFile(path)
	if err != nil {
		return none, err
	}
	if err := json.Unmarshal(b, &read); err != nil {
		return none, &CorruptError{path, err}
	}
	if found := version(&read); found != known {
		return none, &VersionError{Path: path, Found: found, Known: known}
	}
	return read, nil
}
