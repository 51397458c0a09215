package main

import "github.com/invopop/jsonschema"

// features are names with options, a version, or true.
func features() *jsonschema.Schema {
	least, most := uint64(1), uint64(1024)
	options := &jsonschema.Schema{Type: "object"}
	env(options)
	return &jsonschema.Schema{
		Type:          "object",
		PropertyNames: &jsonschema.Schema{Pattern: `^[^\s\x00-\x1f\x7f-\x9f]+$`, MinLength: &least, MaxLength: &most},
		AdditionalProperties: &jsonschema.Schema{AnyOf: []*jsonschema.Schema{
			options, text(0), {Type: "number"}, {Const: true},
		}},
	}
}
