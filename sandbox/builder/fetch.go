package builder

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/rootless-sandbox/sandbox/sandbox/builder/failure"
)

// maxFetched bounds what an ADD of a URL may bring.
const maxFetched = 16 << 30

// fetchTimeout is how long a server may take to begin to answer.
const fetchTimeout = time.Minute

// fetched has the file of a URL here and names its content.
func (b *build) fetched(ctx context.Context, from, checksum string) (string, error) {
	asked := "url " + from
	b.mu.Lock()
	known, ok := b.digests[asked]
	b.mu.Unlock()
	if ok {
		return known, nil
	}
	if checksum != "" {
		if sum, err := sumOf(b.Store.Download(checksum)); err == nil && sum == checksum {
			return b.remember(asked, checksum), nil
		}
	}
	sum, err := b.fetch(ctx, from)
	if err != nil {
		return "", err
	}
	if checksum != "" && sum != checksum {
		return "", fmt.Errorf("fetch %s: its checksum is %s, not %s", from, sum, checksum)
	}
	return b.remember(asked, sum), nil
}

func (b *build) remember(asked, sum string) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.digests[asked] = sum
	return sum
}

func sumOf(file string) (string, error) {
	f, err := os.Open(file)
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }()
	sum := sha256.New()
	_, err = io.Copy(sum, f)
	return "sha256:" + hex.EncodeToString(sum.Sum(nil)), err
}

// fetch keeps a file under its digest, where half downloads lie, and for as long.
func (b *build) fetch(ctx context.Context, from string) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, from, nil)
	if err != nil {
		return "", err
	}
	res, err := b.client(req).Do(req)
	if err != nil {
		return "", err
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		return "", fmt.Errorf("fetch %s: %s", from, res.Status)
	}
	dir := filepath.Dir(b.Store.Download("x"))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	f, err := os.CreateTemp(dir, ".add-")
	if err != nil {
		return "", err
	}
	sum := sha256.New()
	n, err := io.Copy(io.MultiWriter(f, sum), io.LimitReader(res.Body, maxFetched+1))
	if err == nil && n > maxFetched {
		err = fmt.Errorf("fetch %s: larger than %d bytes", from, int64(maxFetched))
	}
	digest := "sha256:" + hex.EncodeToString(sum.Sum(nil))
	if err = errors.Join(err, f.Close()); err == nil {
		if at, terr := http.ParseTime(res.Header.Get("Last-Modified")); terr == nil {
			err = os.Chtimes(f.Name(), at, at)
		}
	}
	if err == nil {
		err = os.Rename(f.Name(), b.Store.Download(digest))
	}
	if err != nil {
		return "", errors.Join(err, os.Remove(f.Name()))
	}
	return digest, nil
}

// client reaches what a sandbox's own network would reach. A Dockerfile could else
// ask what listens on this machine alone.
func (b *build) client(req *http.Request) *http.Client {
	t := &http.Transport{Proxy: http.ProxyFromEnvironment, ResponseHeaderTimeout: fetchTimeout, TLSHandshakeTimeout: fetchTimeout}
	proxy, err := http.ProxyFromEnvironment(req)
	if !b.spec.HostNetwork && (err != nil || proxy == nil) {
		d := &net.Dialer{Timeout: fetchTimeout, Control: func(_, address string, _ syscall.RawConn) error { return outside(address) }}
		t.DialContext = d.DialContext
		t.Proxy = nil
	}
	return &http.Client{Transport: t}
}

func outside(address string) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return err
	}
	if a := at.Addr().Unmap(); a.IsLoopback() || a.IsLinkLocalUnicast() || a.IsUnspecified() {
		return &failure.AsksError{What: "ADD from " + a.String() + ", which is this machine itself: it needs --allow network.host"}
	}
	return nil
}
