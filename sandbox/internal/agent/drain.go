package agent

import (
	"io"
	"os"

	"github.com/rootless-sandbox/sandbox/sandbox/internal/wire"
)

// drain takes over what a hook left in the background prints: the log is this
// process's own standard output. Without a reader it would end at its next word.
func (a *agent) drain(c *wire.Conn, f wire.Frame) {
	if len(f.Files) != 1 {
		f.Close()
		_ = c.Send(wire.Refused, wire.RefusedBody{Reason: wire.RefusedOther, Text: "one descriptor is needed"})
		return
	}
	go func() {
		defer f.Close()
		_, _ = io.Copy(os.Stdout, f.Files[0])
	}()
	_ = c.Send(wire.Drained, wire.Empty{})
}
