// Command schemagen writes the JSON Schema of the configuration, generated from
// the Go types, their comments and their tags. It is run by go generate in the
// directory of the package config; the program itself carries only its result.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
)

func main() {
	out := flag.String("o", "schema.json", "the file to write")
	flag.Parse()
	if err := run(*out); err != nil {
		fmt.Fprintln(os.Stderr, "schemagen:", err)
		os.Exit(1)
	}
}

func run(out string) error {
	data, err := generate()
	if err != nil {
		return err
	}
	return os.WriteFile(out, data, 0o644)
}

// generate makes the schema. The comments are read from the working directory.
func generate() ([]byte, error) {
	s, err := reflectConfig()
	if err != nil {
		return nil, err
	}
	data, err := json.MarshalIndent(s, "", "  ")
	return append(data, '\n'), err
}
