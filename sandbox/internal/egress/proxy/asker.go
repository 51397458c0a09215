package proxy

import (
	"context"
	"net"
	"os"

	"github.com/rootless-sandbox/sandbox/sandbox/internal/egress"
	"github.com/rootless-sandbox/sandbox/sandbox/internal/sockets"
)

// asker finds out which process a client is.
type asker struct {
	diag    *sockets.Diag
	network string
}

// newAsker is nil where that cannot be known.
func newAsker(args []string) *asker {
	if len(args) != 1 {
		return nil
	}
	diag, err := sockets.NewDiag(os.NewFile(egress.DiagFD, "diag"))
	if err != nil {
		return nil
	}
	return &asker{diag, args[0]}
}

// name is what the process calls itself; empty where that is not known.
func (a *asker) name(c net.Conn) string {
	if a == nil || c == nil {
		return ""
	}
	from, ok := c.RemoteAddr().(*net.TCPAddr)
	to, ok2 := c.LocalAddr().(*net.TCPAddr)
	if !ok || !ok2 {
		return ""
	}
	inode, err := a.diag.Inode(from.AddrPort(), to.AddrPort())
	if err != nil {
		return ""
	}
	_, name := sockets.ProcessOf(inode, a.network)
	return name
}

type clientKey struct{}

// withClient notes whose connection a request came on.
func withClient(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, clientKey{}, c)
}

func clientOf(ctx context.Context) net.Conn {
	c, _ := ctx.Value(clientKey{}).(net.Conn)
	return c
}
