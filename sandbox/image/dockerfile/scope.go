package dockerfile

import (
	"errors"
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

	got   int // bytes of values that went into the word that is being expanded
	spent int // and into all of them
}

// What variables may come to: each RUN that doubles one would else ask for more than there is.
const (
	maxValue  = 128 << 10 // no command can be given a longer one (execve(2))
	maxValues = 16 << 20  // of a stage
	// maxReplaced is for values in which something is replaced: by another value, at every place.
	maxReplaced = 4 << 10
)

var errLarge = errors.New("the values of variables are too large")

// Get implements shell.EnvGetter.
func (s *scope) Get(key string) (string, bool) {
	value, ok := s.value(key)
	if s.got += len(value); s.got > maxValue {
		return "", ok // which word and words refuse
	}
	return value, ok
}

func (s *scope) value(key string) (string, bool) {
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
	s.got = 0
	if replaces(w) {
		s.got = maxValue - maxReplaced
	}
	out, _, err := s.lex.ProcessWord(w, s)
	return out, errors.Join(err, s.spend(len(out)))
}

func (s *scope) words(w string) ([]string, error) {
	s.got = 0
	if replaces(w) {
		s.got = maxValue - maxReplaced
	}
	out, err := s.lex.ProcessWords(w, s)
	return out, errors.Join(err, s.spend(len(w)))
}

// replaces: ${NAME/this/that}, which may put any value in many places of another.
func replaces(w string) bool {
	for part := range strings.SplitSeq(w, "${") {
		name := strings.TrimLeft(part, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789")
		if strings.HasPrefix(name, "/") && len(name) < len(part) {
			return true
		}
	}
	return false
}

func (s *scope) spend(n int) error {
	if s.spent += n; s.got > maxValue || s.spent > maxValues {
		return errLarge
	}
	return nil
}

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
