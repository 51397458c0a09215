package main

import (
	"reflect"

	"github.com/invopop/jsonschema"

	"github.com/rootless-sandbox/sandbox/config"
)

// tests are keys of people's own with a test each, but for the one that is the matrix.
func tests(r *jsonschema.Reflector) *jsonschema.Schema {
	part := func(t reflect.Type) *jsonschema.Schema {
		s := r.ReflectFromType(t)
		s.Version = ""
		return s
	}
	p := jsonschema.NewProperties()
	p.Set("matrix", part(reflect.TypeFor[config.Matrix]()))
	return &jsonschema.Schema{
		Type: "object", Properties: p, PropertyNames: &jsonschema.Schema{Pattern: label},
		AdditionalProperties: part(reflect.TypeFor[config.Test]()),
	}
}

// testRules adds what the tags say. A test is one command.
func testRules(p *jsonschema.Schema) error {
	matrix, _ := p.Properties.Get("matrix")
	if err := tagged(matrix, reflect.TypeFor[config.Matrix]()); err != nil {
		return err
	}
	if err := tagged(p.AdditionalProperties, reflect.TypeFor[config.Test]()); err != nil {
		return err
	}
	run, _ := p.AdditionalProperties.Properties.Get("run")
	least := uint64(1)
	run.AnyOf = run.AnyOf[:2]
	run.AnyOf[0].MinLength = &least
	return nil
}

// lists are values by the name of the variable that has them.
func lists(p *jsonschema.Schema) {
	env(p)
	least := p.AdditionalProperties
	p.AdditionalProperties = &jsonschema.Schema{Type: "array", Items: least}
}
