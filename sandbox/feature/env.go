package feature

import (
	"slices"
	"strings"
)

// WithEnv lays a feature's containerEnv over an environment, line by line, so that a
// line may refer to what is set before it: as the ENV instructions of a Dockerfile, which
// other tools make of it.
func WithEnv(env, containerEnv []string) []string {
	out := slices.Clone(env)
	for _, kv := range containerEnv {
		name, value, _ := strings.Cut(kv, "=")
		value = expandEnv(value, out)
		out = slices.DeleteFunc(out, func(have string) bool { return strings.HasPrefix(have, name+"=") })
		out = append(out, name+"="+value)
	}
	return out
}

// expandEnv knows $NAME, ${NAME}, ${NAME:-word} and ${NAME:+word}, and \$ for a dollar sign.
func expandEnv(s string, env []string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\' && i+1 < len(s) && (s[i+1] == '$' || s[i+1] == '\\'):
			i++
			b.WriteByte(s[i])
		case s[i] != '$':
			b.WriteByte(s[i])
		default:
			value, length := reference(s[i:], env)
			b.WriteString(value)
			i += length - 1
		}
	}
	return b.String()
}

// reference is the value of what s, which begins with $, refers to, and how long that is.
func reference(s string, env []string) (value string, length int) {
	if strings.HasPrefix(s, "${") {
		end := strings.IndexByte(s, '}')
		name := s[2:max(end, 2)]
		word, op := "", byte(0)
		if colon := strings.IndexByte(name, ':'); colon > 0 && colon+1 < len(name) {
			op, word, name = name[colon+1], name[colon+2:], name[:colon]
		}
		if end < 0 || !isVariable(name) || op != 0 && op != '-' && op != '+' {
			return "$", 1
		}
		value := valueOf(env, name)
		switch {
		case op == '-' && value == "", op == '+' && value != "":
			value = expandEnv(word, env)
		}
		return value, end + 1
	}
	n := 1
	for n < len(s) && isVariable(s[1:n+1]) {
		n++
	}
	if n == 1 {
		return "$", 1
	}
	return valueOf(env, s[1:n]), n
}

func valueOf(env []string, name string) string {
	for _, kv := range slices.Backward(env) {
		if value, ok := strings.CutPrefix(kv, name+"="); ok {
			return value
		}
	}
	return ""
}
