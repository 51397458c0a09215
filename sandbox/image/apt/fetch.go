package apt

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"runtime"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"
)

// parallel is how many packages are fetched at once.
const parallel = 8

// FetchOptions modify Fetch.
type FetchOptions struct {
	Cache    string       // directory, made if missing; required
	Client   *http.Client // nil: one with the proxies of the environment
	Progress func(Progress)
}

// Progress says how far Fetch is. What was in the cache counts as done.
type Progress struct {
	Bytes, Total         int64
	Packages, OfPackages int
}

// Fetch brings every package of the plan into the cache, verified. Other
// processes may fetch into the same directory at the same time. Progress is
// called by one goroutine at a time, after each package and on the way.
//
// Errors are *HashError, *StatusError (404: the archive moved on, resolve
// again), *PackageError, or those of the network or the disk.
func Fetch(ctx context.Context, p *Plan, o FetchOptions) error {
	if o.Cache == "" {
		return errors.New("fetch packages: no cache directory")
	}
	if o.Client == nil {
		o.Client = newClient()
	}
	f := &fetcher{plan: p, o: o, cache: cache{o.Cache}, cpus: make(chan *packer, runtime.GOMAXPROCS(0))}
	f.now = Progress{Total: p.Size(), OfPackages: len(p.Packages)}

	for range cap(f.cpus) {
		k, err := newPacker()
		if err != nil {
			return err
		}
		f.cpus <- k
	}

	// The large ones first: what is left at the end is short.
	order := slices.Clone(p.Packages)
	slices.SortStableFunc(order, func(a, b Package) int { return cmp.Compare(b.Size, a.Size) })
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(parallel + cap(f.cpus))
	f.net = make(chan struct{}, parallel)
	for _, k := range order {
		g.Go(func() error { return f.one(ctx, k) })
	}
	return g.Wait()
}

// fetcher is one run of Fetch.
type fetcher struct {
	plan  *Plan
	o     FetchOptions
	cache cache
	net   chan struct{} // places to fetch
	cpus  chan *packer  // places to compress

	mu  sync.Mutex
	now Progress
}

func (f *fetcher) one(ctx context.Context, k Package) error {
	if !validSHA256(k.SHA256) || !localPath(k.Filename) {
		return &PackageError{k.Name, errors.New("bad entry in the plan")}
	}
	if _, err := os.Stat(f.cache.fast(k.SHA256)); err == nil {
		f.report(k.Size, 1)
		return nil
	}
	want := sum{k.SHA256, k.Size}
	ok, err := verified(f.cache.deb(k.SHA256), want)
	if err != nil {
		return err
	}
	if ok {
		f.report(k.Size, 0)
	} else if err := f.download(ctx, k, want); err != nil {
		return err
	}
	if err := f.repack(ctx, k); err != nil {
		return err
	}
	f.report(0, 1)
	return nil
}

func (f *fetcher) repack(ctx context.Context, k Package) error {
	var p *packer
	select {
	case p = <-f.cpus:
		defer func() { f.cpus <- p }()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	err := f.cache.write(f.cache.fast(k.SHA256), func(w io.Writer) error {
		return p.repack(ctx, f.cache.deb(k.SHA256), w)
	})
	if err != nil {
		return &PackageError{k.Name, err}
	}
	return nil
}

func (f *fetcher) download(ctx context.Context, k Package, want sum) error {
	select {
	case f.net <- struct{}{}:
		defer func() { <-f.net }()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	address := f.plan.Mirror + "/" + (&url.URL{Path: k.Filename}).EscapedPath()
	return retry(ctx, func() error {
		var counted int64 // of this attempt
		err := f.cache.write(f.cache.deb(k.SHA256), func(w io.Writer) error {
			c := newChecker(w)
			err := get(ctx, f.o.Client, address, k.Size, writeFunc(func(p []byte) (int, error) {
				n, err := c.Write(p)
				counted += int64(n)
				f.report(int64(n), 0)
				return n, err
			}))
			if err != nil {
				return err
			}
			return c.check(public(address), want)
		})
		if err != nil {
			f.report(-counted, 0)
			return fmt.Errorf("fetch package %s: %w", k.Name, err)
		}
		return nil
	})
}

type writeFunc func([]byte) (int, error)

func (f writeFunc) Write(p []byte) (int, error) { return f(p) }

func (f *fetcher) report(bytes int64, packages int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.now.Bytes += bytes
	f.now.Packages += packages
	if f.o.Progress != nil {
		f.o.Progress(f.now)
	}
}
