package config_test

import (
	"bytes"
	"encoding/json"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/rootless-sandbox/sandbox/config"
)

func compiled(t *testing.T) *jsonschema.Schema {
	t.Helper()
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(config.Schema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("schema.json", document); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// check validates a file as an editor would.
func check(t *testing.T, s *jsonschema.Schema, text string) error {
	t.Helper()
	var value any
	if err := yaml.Unmarshal([]byte(strings.TrimPrefix(text, "\ufeff")), &value); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	data, err := json.Marshal(value)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatalf("%v\n%s", err, data)
	}
	return s.Validate(document)
}

func TestSchemaTakesWhatIsValid(t *testing.T) {
	s := compiled(t)
	for name, text := range accepted() {
		if err := check(t, s, text); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSchemaRefusesWhatIsNot(t *testing.T) {
	s := compiled(t)
	for _, c := range refusals() {
		if !c.beyondSchema && check(t, s, c.text) == nil {
			t.Errorf("%s: the schema takes it", c.name)
		}
	}
}

func example(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile("../.sandbox.yaml.example")
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestExampleIsValid(t *testing.T) {
	text := example(t)
	if problems := config.Validate(".sandbox.yaml.example", []byte(text)); len(problems) > 0 {
		t.Error(problems)
	}
	if err := check(t, compiled(t), text); err != nil {
		t.Error(err)
	}
}

// The example and the reference name every key that there is.
func TestEveryKeyIsDocumented(t *testing.T) {
	reference, err := os.ReadFile("../docs/configuration.md")
	if err != nil {
		t.Fatal(err)
	}
	var document any
	if err := yaml.Unmarshal([]byte(example(t)), &document); err != nil {
		t.Fatal(err)
	}
	inExample := keysOf(document, "")
	for _, key := range keysOfType(reflect.TypeFor[config.Config](), "") {
		if !slices.ContainsFunc(inExample, func(have string) bool { return sameKey(key, have) }) {
			t.Errorf(".sandbox.yaml.example: no %s", key)
		}
		if !strings.Contains(string(reference), "`"+key+"`") {
			t.Errorf("docs/configuration.md: no `%s`", key)
		}
	}
}

// sameKey: a NAME is the user's to choose.
func sameKey(key, have string) bool {
	a, b := strings.Split(key, "."), strings.Split(have, ".")
	return slices.EqualFunc(a, b, func(x, y string) bool { return x == y || x == "NAME" })
}

func keysOf(v any, key string) []string {
	var all []string
	switch v := v.(type) {
	case map[string]any:
		for name, value := range v {
			path := strings.TrimPrefix(key+"."+name, ".")
			all = append(append(all, path), keysOf(value, path)...)
		}
	case []any:
		for _, value := range v {
			all = append(all, keysOf(value, key+"[]")...)
		}
	}
	return all
}

func keysOfType(t reflect.Type, key string) []string {
	var all []string
	for i := range t.NumField() {
		f := t.Field(i)
		path := strings.TrimPrefix(key+"."+f.Tag.Get("yaml"), ".")
		all = append(all, path)
		switch {
		case f.Type == reflect.TypeFor[config.Hook]():
		case f.Type == reflect.TypeFor[config.Tests]():
			all = append(all, path+".matrix")
			all = append(all, keysOfType(reflect.TypeFor[config.Test](), path+".unit")...)
			all = append(all, keysOfType(reflect.TypeFor[config.Matrix](), path+".matrix")...)
		case f.Type.Kind() == reflect.Struct:
			all = append(all, keysOfType(f.Type, path)...)
		case f.Type.Kind() == reflect.Slice && f.Type.Elem().Kind() == reflect.Struct:
			all = append(all, keysOfType(f.Type.Elem(), path+"[]")...)
		case f.Type.Kind() == reflect.Map && f.Type.Elem().Kind() == reflect.Struct:
			all = append(all, keysOfType(f.Type.Elem(), path+".NAME")...)
		}
	}
	return all
}
