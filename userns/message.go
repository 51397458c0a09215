package userns

import (
	"bytes"
	"errors"
	"io"
)

// The message of a launch is the path of the running binary, a zero byte, and
// the Launch as MessagePack: code made for its types writes and reads it, where
// an encoder by reflection costs either side a part of a millisecond each start.

// Packed is a launch that is ready to be sent.
type Packed struct {
	ids  IDMap
	body []byte
}

// Pack makes a launch ready.
func Pack(l Launch) (Packed, error) {
	body, err := l.MarshalMsg(nil)
	if err != nil {
		return Packed{}, &Error{Op: "pack launch", Err: err}
	}
	return Packed{ids: l.IDs, body: body}, nil
}

// message is what goes over the pipe; exe is empty for a sealed copy.
func (p Packed) message(exe string) []byte {
	return append(append([]byte(exe), 0), p.body...)
}

// readLaunch reads a message to its end.
func readLaunch(r io.Reader) (*Inside, error) {
	b, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	exe, body, whole := bytes.Cut(b, []byte{0})
	if !whole {
		return nil, errors.New("launch ended early")
	}
	in := &Inside{exe: string(exe)}
	rest, err := in.UnmarshalMsg(body)
	if err == nil && len(rest) > 0 {
		err = errors.New("launch with something behind it")
	}
	return in, err
}
