package feature

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// OptionError: a feature cannot be given that.
type OptionError struct{ Feature, Option, Why string }

func (e *OptionError) Error() string {
	return fmt.Sprintf("feature %s: option %s: %s", printable(e.Feature), printable(e.Option), e.Why)
}

// Environment is what the install script finds of the options: those that are
// given, and the defaults of the others, as NAME=value in a fixed order. Options that the
// feature does not know are handed on, as other tools do, and named in unknown.
func Environment(id string, m Metadata, given map[string]string) (env, unknown []string, err error) {
	values := maps.Clone(given)
	if values == nil {
		values = map[string]string{}
	}
	known := map[string]bool{}
	for _, o := range m.Options {
		known[o.Name] = true
		value, ok := values[o.Name]
		if !ok {
			values[o.Name] = o.Default
			continue
		}
		if why := o.refuses(value); why != "" {
			return nil, nil, &OptionError{id, o.Name, why}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if !known[name] {
			unknown = append(unknown, name)
		}
		variable := Variable(name)
		if variable == "" || strings.ContainsRune(values[name], 0) {
			return nil, nil, &OptionError{id, name, "no variable can have such a name or value"}
		}
		env = append(env, variable+"="+values[name])
	}
	return env, unknown, nil
}

func (o Option) refuses(value string) string {
	switch {
	case o.Boolean && value != "true" && value != "false":
		return "expected true or false, found " + printable(value)
	case len(o.Enum) > 0 && !slices.Contains(o.Enum, value):
		return printable(value) + " is none of " + strings.Join(o.Enum, ", ")
	}
	return ""
}

// Variable is the name of the variable of an option (specification, "Option Resolution").
func Variable(option string) string {
	s := regexp.MustCompile(`[^0-9A-Za-z_]`).ReplaceAllString(option, "_")
	s = regexp.MustCompile(`^[0-9_]+`).ReplaceAllString(s, "_")
	return strings.ToUpper(s)
}
