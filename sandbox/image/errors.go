package image

import "fmt"

// Error: the root file system cannot be used as it is.
type Error struct {
	Ref string
	Err error
}

func (e *Error) Error() string { return fmt.Sprintf("image %s: %v", e.Ref, e.Err) }
func (e *Error) Unwrap() error { return e.Err }
