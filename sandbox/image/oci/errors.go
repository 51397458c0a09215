package oci

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"
)

// Kinds of PullError.
var (
	ErrReference    = errors.New("not a reference")
	ErrNotFound     = errors.New("no such image there")
	ErrUnauthorized = errors.New("access denied")
	ErrUnreachable  = errors.New("not reached")
	ErrPlatform     = errors.New("not for this platform")
	ErrCertificate  = errors.New("not trusted")
)

// PullError: an image cannot be had. Is tells the kind, if it is known.
type PullError struct {
	Ref  string
	Kind error // one of the kinds, or nil
	Err  error
}

func (e *PullError) Error() string {
	switch {
	case e.Kind == nil:
		return "pull " + e.Ref + ": " + e.Err.Error()
	case e.Err == nil:
		return "pull " + e.Ref + ": " + e.Kind.Error()
	}
	return "pull " + e.Ref + ": " + e.Kind.Error() + ": " + e.Err.Error()
}

// PushError: an image cannot be sent.
type PushError struct{ Pull *PullError }

func (e *PushError) Error() string { return "push " + strings.TrimPrefix(e.Pull.Error(), "pull ") }
func (e *PushError) Unwrap() error { return e.Pull }

func (e *PullError) Unwrap() []error {
	var all []error
	for _, err := range []error{e.Kind, e.Err} {
		if err != nil {
			all = append(all, err)
		}
	}
	return all
}

// DigestError: a blob is not what its digest says.
type DigestError struct{ Want, Got string }

func (e *DigestError) Error() string {
	return fmt.Sprintf("blob %s: what arrived is %s", e.Want, e.Got)
}

func decode(b []byte, v any) error {
	if len(b) > maxDocument {
		return fmt.Errorf("longer than %d bytes", maxDocument)
	}
	return json.Unmarshal(b, v)
}

// printable is foreign text that cannot do anything to a terminal.
func printable(s string) string {
	if strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return strconv.Quote(s)
	}
	return s
}
