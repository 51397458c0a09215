package secret

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"time"
)

// run gives what a command prints, without the line breaks at the end, as $(...)
// does in a shell. It is in the terminal's foreground, so that it can ask for a passphrase.
func (o Options) run(ctx context.Context, args []string) ([]byte, error) {
	timeout := o.Timeout
	if timeout == 0 {
		timeout = DefaultTimeout
	}
	limit, stop := context.WithTimeout(ctx, timeout)
	defer stop()
	var out capped
	c := exec.CommandContext(limit, args[0], args[1:]...)
	c.Dir, c.Env, c.Stdout = o.Home, o.Environ, &out
	if o.Stderr != nil {
		c.Stderr = o.Stderr
	}
	c.WaitDelay = time.Second // something it left behind may hold its output
	err := c.Run()
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case limit.Err() != nil:
		return nil, fmt.Errorf("not done after %s", timeout)
	case out.full:
		return nil, ErrTooLong
	case errors.As(err, &exit):
		return nil, errors.New(exit.String())
	case err != nil && !errors.Is(err, exec.ErrWaitDelay):
		return nil, startCause(err)
	}
	return bytes.TrimRight(out.Bytes(), "\r\n"), nil
}

// startCause is why a program could not be started, without its name.
func startCause(err error) error {
	var ee *exec.Error
	if errors.As(err, &ee) {
		return ee.Err
	}
	return cause(err)
}

// capped takes one byte more than a secret may have.
type capped struct {
	bytes.Buffer
	full bool
}

func (c *capped) Write(b []byte) (int, error) {
	if c.Len()+len(b) > MaxSize {
		c.full = true
		return 0, ErrTooLong
	}
	return c.Buffer.Write(b)
}
