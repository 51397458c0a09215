// Package remote gets what an ADD names that lies elsewhere. It answers: what do an address
// and a repository of a Dockerfile hold, and may they be asked?
package remote

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
	"sync"
	"syscall"
	"time"

	"github.com/rootless-sandbox/sandbox/sandbox/builder/failure"
	"github.com/rootless-sandbox/sandbox/sandbox/store"
)

// maxFetched bounds what an ADD of a URL may bring.
const maxFetched = 16 << 30

// fetchTimeout is how long a server may take to begin to answer.
const fetchTimeout = time.Minute

// Sources get each thing once. Its methods may be called from several goroutines.
type Sources struct {
	Store   *store.Store
	Local   bool     // this machine itself may be asked
	Proxies []string // variables that say how the caller reaches the network

	mu    sync.Mutex
	known map[string]string // digests and commits, by what was asked for
}

func (s *Sources) recall(asked string) (digest string, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	digest, ok = s.known[asked]
	return digest, ok
}

func (s *Sources) remember(asked, digest string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.known == nil {
		s.known = map[string]string{}
	}
	s.known[asked] = digest
	return digest
}

// File has the file of an address here, as the store's download of that digest, and names its
// content. checksum, unless it is empty, is what it has to be.
func (s *Sources) File(ctx context.Context, from, checksum string) (digest string, err error) {
	asked := "url " + from + " " + checksum // which is looked at, whatever was known before
	if known, ok := s.recall(asked); ok {
		return known, nil
	}
	if checksum != "" {
		if sum, err := sumOf(s.Store.Download(checksum)); err == nil && sum == checksum {
			return s.remember(asked, checksum), nil
		}
	}
	sum, err := s.fetch(ctx, from)
	if err != nil {
		return "", err
	}
	if checksum != "" && sum != checksum {
		return "", fmt.Errorf("fetch %s: its checksum is %s, not %s", from, sum, checksum)
	}
	return s.remember(asked, sum), nil
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
func (s *Sources) fetch(ctx context.Context, from string) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, from, nil)
	if err != nil {
		return "", err
	}
	res, err := s.client(req).Do(req)
	if err != nil {
		return "", err
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		return "", fmt.Errorf("fetch %s: %s", from, res.Status)
	}
	dir := filepath.Dir(s.Store.Download("x"))
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
		err = os.Rename(f.Name(), s.Store.Download(digest))
	}
	if err != nil {
		return "", errors.Join(err, os.Remove(f.Name()))
	}
	return digest, nil
}

// client reaches what a sandbox's own network would reach. A Dockerfile could else
// ask what listens on this machine alone.
func (s *Sources) client(req *http.Request) *http.Client {
	t := &http.Transport{Proxy: http.ProxyFromEnvironment, ResponseHeaderTimeout: fetchTimeout, TLSHandshakeTimeout: fetchTimeout}
	proxy, err := http.ProxyFromEnvironment(req)
	if !s.Local && (err != nil || proxy == nil) {
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
