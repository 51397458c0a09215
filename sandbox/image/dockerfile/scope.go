package dockerfile

import (
	"maps"
	"slices"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/shell"
)

// scope is what variables mean at one place of a Dockerfile.
type scope struct {
	lex  *shell.Lex
	env  []string          // of the image, KEY=value in order
	args map[string]string // declared by ARG; the environment wins over them
}

// Get implements shell.EnvGetter.
func (s *scope) Get(key string) (string, bool) {
	for _, kv := range s.env {
		if v, ok := strings.CutPrefix(kv, key+"="); ok {
			return v, true
		}
	}
	v, ok := s.args[key]
	return v, ok
}

// Keys implements shell.EnvGetter.
func (s *scope) Keys() []string {
	keys := slices.Collect(maps.Keys(s.args))
	for _, kv := range s.env {
		key, _, _ := strings.Cut(kv, "=")
		keys = append(keys, key)
	}
	return keys
}

func (s *scope) word(w string) (string, error) {
	out, _, err := s.lex.ProcessWord(w, s)
	return out, err
}

func (s *scope) words(w string) ([]string, error) { return s.lex.ProcessWords(w, s) }

// expand puts variables into an instruction, where it takes them.
func (s *scope) expand(c instructions.Command) error {
	if x, ok := c.(instructions.SupportsSingleWordExpansion); ok {
		if err := x.Expand(s.word); err != nil {
			return err
		}
	}
	if x, ok := c.(instructions.SupportsSingleWordExpansionRaw); ok {
		s.lex.SkipProcessQuotes = true
		defer func() { s.lex.SkipProcessQuotes = false }()
		return x.ExpandRaw(s.word)
	}
	return nil
}

// setenv puts a value in place of an earlier one.
func setenv(env []string, key, value string) []string {
	for i, kv := range env {
		if strings.HasPrefix(kv, key+"=") {
			env = slices.Clone(env)
			env[i] = key + "=" + value
			return env
		}
	}
	return append(slices.Clip(env), key+"="+value)
}

// predefined are build arguments that count without an ARG instruction and decide
// nothing of what is made.
func predefined(key string) bool {
	switch strings.ToLower(key) {
	case "http_proxy", "https_proxy", "ftp_proxy", "no_proxy", "all_proxy":
		return true
	}
	return false
}
