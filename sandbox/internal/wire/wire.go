// Package wire is how the command line and the agent talk: frames of JSON over
// a unix stream socket, some with descriptors.
//
//	frame = length (4 bytes, big endian, of what follows) | type (1 byte) | JSON
//
// Descriptors travel with a frame's first byte (SCM_RIGHTS).
//
//	client                                agent
//	Exec {Version, Command} + 0 or 3 fds -->
//	                                     <-- Started {} + 1 fd, the terminal's master, for a terminal
//	Signal {Number}                      -->   any number of them
//	End {Grace}                          -->   end all of it; Exited comes when it is gone
//	                                     <-- Suspended {}   the command was stopped from its terminal
//	                                     <-- Exited {Exit, Repaired}
//	                                     <-- Refused {...}  at any point instead
//	Stop {Timeout}                       -->
//	                                     <-- Stopped {}
//	Count {}                             -->
//	                                     <-- Counted {N}
//	SetEnv {Drop, Env}                    -->   for the commands from now on
//	                                     <-- EnvSet {}
//	Drain {} + 1 fd, readable            -->   copy it to the log to its end
//	                                     <-- Drained {}   it will be
//	Service {Define, ...} + 2 fds        -->   any number of them; its log, and the older part of that
//	Service {Do, Names, Timeout}         -->
//	                                     <-- ServicesAre {States}   each time that something changed
//	                                     <-- ServicesAre {States, Last}   but for Do "follow", which the client ends
//	Detach {}                            -->   on the launching connection only: live on without me
//	                                     <-- Detached {}
//	Serve {} + 1 fd                      -->   on the launching connection only: serve that connection as well
//	Socket {Kind, UDP, Addr, Port}       -->   any number of them
//	                                     <-- SocketIs {} + 1 fd, of the sandbox's network
//
// A monitor answers on a socket of its own, see there:
//
//	client                                monitor
//	Ask {...}                            -->   any number of them
//	                                     <-- Answer {...}
//
// A client that goes away has its command ended. Either side trusts nothing
// that the other says: lengths and descriptors are bounded and checked.
package wire

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
)

// Version of the protocol. Both sides must have the same.
const Version = 1

// Type is the kind of a frame.
type Type byte

// Frame types, see the package comment.
const (
	Exec Type = 1 + iota
	Started
	Signal
	Suspended
	Exited
	Refused
	Stop
	Stopped
	Count
	Counted
	Detach
	Detached
	SetEnv
	EnvSet
	Serve
	Socket
	SocketIs
	Ask
	Answer
	Drain
	Drained
	End
	Service
	ServicesAre
)

const (
	headSize = 5
	// MaxFrame holds any argument list that execve takes.
	MaxFrame = 8 << 20
	// MaxFiles is the most descriptors that a frame may carry.
	MaxFiles = 3
)

// Errors of a peer that does not keep to the protocol.
var (
	ErrTooLong  = errors.New("frame longer than allowed")
	ErrTooMany  = errors.New("more descriptors than allowed")
	ErrBadFrame = errors.New("malformed frame")
)

// Frame is one received message; its receiver owns Files.
type Frame struct {
	Type  Type
	Body  []byte
	Files []*os.File
}

// Decode reads the body into v.
func (f Frame) Decode(v any) error {
	if err := json.Unmarshal(f.Body, v); err != nil {
		return fmt.Errorf("%w: %w", ErrBadFrame, err)
	}
	return nil
}

// Close closes the descriptors that came with the frame.
func (f Frame) Close() {
	for _, file := range f.Files {
		_ = file.Close()
	}
}

// Send sends one frame. The files stay the caller's.
func (c *Conn) Send(t Type, v any, files ...*os.File) error {
	frame, err := encode(t, v)
	if err != nil {
		return err
	}
	var oob []byte
	if len(files) > 0 {
		fds := make([]int, len(files))
		for i, f := range files {
			fds[i] = int(f.Fd())
		}
		oob = syscall.UnixRights(fds...)
	}
	n, err := c.sendmsg(frame, oob)
	if err == nil && n < len(frame) {
		_, err = c.f.Write(frame[n:])
	}
	return err
}

func encode(t Type, v any) ([]byte, error) {
	body, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	if len(body)+1 > MaxFrame {
		return nil, ErrTooLong
	}
	frame := make([]byte, headSize, headSize+len(body))
	binary.BigEndian.PutUint32(frame, uint32(len(body)+1))
	frame[4] = byte(t)
	return append(frame, body...), nil
}

// Recv waits for the next frame; io.EOF when the peer has closed.
func (c *Conn) Recv() (Frame, error) {
	head := make([]byte, headSize)
	files, err := c.recvHead(head)
	f := Frame{Files: files}
	if err == nil {
		f.Type, f.Body, err = readBody(head, c.f)
	}
	if err != nil {
		f.Close()
		return Frame{}, err
	}
	return f, nil
}

// recvHead reads the first bytes and the descriptors that came with them.
func (c *Conn) recvHead(head []byte) ([]*os.File, error) {
	oob := make([]byte, syscall.CmsgSpace(4*MaxFiles))
	n, oobn, flags, err := c.recvmsg(head, oob)
	if err != nil {
		return nil, err
	}
	if n == 0 {
		return nil, io.EOF
	}
	files, err := parseFiles(oob[:oobn])
	// The buffer is aligned: one more than MaxFiles may fit.
	if err == nil && (len(files) > MaxFiles || flags&syscall.MSG_CTRUNC != 0) {
		err = ErrTooMany
	}
	if err == nil && n < len(head) {
		if _, err = io.ReadFull(c.f, head[n:]); err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
	}
	return files, err
}

func parseFiles(oob []byte) ([]*os.File, error) {
	if len(oob) == 0 {
		return nil, nil
	}
	msgs, err := syscall.ParseSocketControlMessage(oob)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBadFrame, err)
	}
	var files []*os.File
	for i := range msgs {
		fds, err := syscall.ParseUnixRights(&msgs[i])
		if err != nil {
			continue // another kind of control message carries nothing to close
		}
		for _, fd := range fds {
			files = append(files, os.NewFile(uintptr(fd), "received"))
		}
	}
	return files, nil
}

// readBody reads what follows the head.
func readBody(head []byte, r io.Reader) (Type, []byte, error) {
	size := binary.BigEndian.Uint32(head)
	if size == 0 {
		return 0, nil, ErrBadFrame
	}
	if size > MaxFrame {
		return 0, nil, ErrTooLong
	}
	// Grows with what really arrives, so that a length alone costs nothing.
	body, err := io.ReadAll(io.LimitReader(r, int64(size-1)))
	if err == nil && len(body) < int(size-1) {
		err = io.ErrUnexpectedEOF
	}
	return Type(head[4]), body, err
}
