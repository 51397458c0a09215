package apt

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// newClient has the proxies of the environment, and reads file: addresses.
// Files are taken as they are stored: their sums are those of compressed ones.
func newClient() *http.Client {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.DisableCompression = true
	t.MaxIdleConnsPerHost = parallel
	t.ResponseHeaderTimeout = 30 * time.Second
	t.RegisterProtocol("file", http.NewFileTransport(http.Dir("/")))
	return &http.Client{Transport: t}
}

// attempts at one file, with a pause before each but the first.
const attempts = 4

// retry calls f until it succeeds, or fails in a way that time does not mend.
func retry(ctx context.Context, f func() error) error {
	pause := 200 * time.Millisecond
	for i := 1; ; i++ {
		err := f()
		if err == nil || i == attempts || !transient(err) {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(pause):
			pause *= 3
		}
	}
}

// transient tells what the network or the server did from what is wrong with a
// file, with the disk or with the address.
func transient(err error) bool {
	var status *StatusError
	if errors.As(err, &status) {
		return status.Code >= 500 || status.Code == http.StatusTooManyRequests || status.Code == http.StatusRequestTimeout
	}
	var network net.Error
	return errors.As(err, &network) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, errStalled)
}

var errStalled = errors.New("no data for a minute")

// get copies one file into w, at most max bytes of it.
func get(ctx context.Context, c *http.Client, address string, max int64, w io.Writer) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	req.Header.Set("User-Agent", "sandbox")
	resp, err := c.Do(req)
	if err != nil {
		return err // it names the address, without a password
	}
	defer func() { _ = resp.Body.Close() }() // read only
	if resp.StatusCode != http.StatusOK {
		return &StatusError{public(address), resp.StatusCode}
	}
	stall := time.AfterFunc(time.Minute, func() { cancel(errStalled) })
	defer stall.Stop()
	n, err := io.Copy(w, io.LimitReader(&watched{resp.Body, stall}, max+1))
	switch {
	case errors.Is(context.Cause(ctx), errStalled):
		err = errStalled
	case err == nil && n > max:
		return &HashError{public(address), fmt.Sprintf("%d bytes", max), "more"}
	}
	if err != nil {
		return fmt.Errorf("get %s: %w", public(address), err)
	}
	return nil
}

// watched puts a timer back with everything that it reads.
type watched struct {
	r io.Reader
	t *time.Timer
}

func (w *watched) Read(p []byte) (int, error) {
	n, err := w.r.Read(p)
	if n > 0 {
		w.t.Reset(time.Minute)
	}
	return n, err
}
