package main

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"github.com/invopop/jsonschema"

	"github.com/rootless-sandbox/sandbox/config"
)

// reflectConfig reflects the types, then adds what our tags say.
func reflectConfig() (*jsonschema.Schema, error) {
	r := &jsonschema.Reflector{
		Anonymous: true, DoNotReference: true, ExpandedStruct: true, RequiredFromJSONSchemaTags: true, FieldNameTag: "yaml",
		Mapper: func(t reflect.Type) *jsonschema.Schema {
			if t == reflect.TypeFor[config.Hook]() {
				return hook()
			}
			if t == reflect.TypeFor[map[string]config.FeatureOptions]() {
				return features()
			}
			return nil
		},
	}
	whole := r.Mapper
	r.Mapper = func(t reflect.Type) *jsonschema.Schema {
		if t == reflect.TypeFor[config.Tests]() {
			return tests(r)
		}
		return whole(t)
	}
	t := reflect.TypeFor[config.Config]()
	if err := r.AddGoComments(t.PkgPath(), ".", jsonschema.WithFullComment()); err != nil {
		return nil, err
	}
	s := r.ReflectFromType(t)
	s.Title, s.Description = ".sandbox.yaml", "What a project asks of its sandbox."
	return s, tagged(s, t)
}

// tagged adds the rules of the tags to a struct's schema, all the way down.
func tagged(s *jsonschema.Schema, t reflect.Type) error {
	if t == reflect.TypeFor[config.Mount]() {
		s.AllOf = mountRules()
	}
	if t == reflect.TypeFor[config.Readiness]() {
		s.Not = several("command", "tcp", "http", "log")
	}
	if t == reflect.TypeFor[config.Secret]() {
		s.OneOf = secretRules()
	}
	for i := range t.NumField() {
		f := t.Field(i)
		name := f.Tag.Get("yaml")
		p, ok := s.Properties.Get(name)
		if !ok {
			return fmt.Errorf("%s.%s: not in the schema", t.Name(), f.Name)
		}
		if (f.Name == "Run" || f.Name == "Command") && f.Type == reflect.TypeFor[config.Hook]() {
			p.AnyOf = oneCommand()
		}
		p.Description = describe(p.Description, f.Name, name)
		if f.Tag.Get("required") == "true" {
			s.Required = append(s.Required, name)
		}
		if err := rules(p, f); err != nil {
			return fmt.Errorf("%s.%s: %w", t.Name(), f.Name, err)
		}
	}
	return nil
}

func rules(p *jsonschema.Schema, f reflect.StructField) error {
	for _, word := range strings.Fields(f.Tag.Get("enum")) {
		p.Enum = append(p.Enum, word)
	}
	if most := f.Tag.Get("max"); most != "" {
		numbers(p, f).Minimum, numbers(p, f).Maximum = least(f), json.Number(most)
	}
	raw := f.Tag.Get("raw") == "true"
	switch check := f.Tag.Get("check"); {
	case check == "version":
		p.Const = 1
	case check == "env":
		env(p)
	case check == "feature" && f.Type.Kind() == reflect.Map: // see features
	case f.Type.Kind() == reflect.Slice && f.Type.Elem().Kind() == reflect.Struct:
		return tagged(p.Items, f.Type.Elem())
	case f.Type == reflect.TypeFor[config.Tests]():
		return testRules(p)
	case f.Type == reflect.TypeFor[map[string][]string]():
		lists(p)
	case f.Type.Kind() == reflect.Struct && f.Type != reflect.TypeFor[config.Hook]():
		return tagged(p, f.Type)
	case f.Type.Kind() == reflect.Map && f.Type.Elem().Kind() == reflect.Struct:
		p.PropertyNames = &jsonschema.Schema{Pattern: label}
		return tagged(p.AdditionalProperties, f.Type.Elem())
	case f.Type.Kind() == reflect.Slice && f.Type.Elem().Kind() == reflect.Int:
	case f.Type.Kind() == reflect.Slice:
		return pattern(p.Items, check, raw)
	case check != "" && len(p.Enum) == 0:
		return pattern(p, check, raw)
	}
	return nil
}

// numbers is what describes the numbers of a field: its own schema, or that of its items.
func numbers(p *jsonschema.Schema, f reflect.StructField) *jsonschema.Schema {
	if f.Type.Kind() == reflect.Slice {
		return p.Items
	}
	return p
}

func least(f reflect.StructField) json.Number {
	if f.Tag.Get("check") == "port" {
		return "1"
	}
	return "0"
}

// describe makes a description for users of a comment for programmers: on one
// line, about the key, not about the field.
func describe(comment, fieldName, key string) string {
	if rest, ok := strings.CutPrefix(comment, fieldName+" "); ok {
		comment = key + " " + rest
	}
	return strings.ReplaceAll(comment, "\n", " ")
}
