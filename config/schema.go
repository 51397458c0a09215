package config

import _ "embed"

//go:generate go run ./internal/schemagen -o schema.json

//go:embed schema.json
var schema string

// Schema is the JSON Schema of the files.
func Schema() []byte { return []byte(schema) }
