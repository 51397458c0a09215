package apt

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"
)

// InstallOptions modify Install.
type InstallOptions struct {
	Cache string // the directory that Fetch filled; required
	// Single says that there is one id only: owners are not applied.
	Single bool
	Run    Run // required
}

// Result is what Install made.
type Result struct {
	// Epoch is the date of the newest package. No file is newer.
	Epoch time.Time
	// Skipped names what could not be made, such as device nodes, of Count.
	Skipped []string
	Count   int64
}

// Install makes the tree of a plan in the empty directory dir. It runs as root
// of a user namespace, with o.Single as its only user. The same plan gives the
// same tree, its times included. After an error, dir holds a part of it.
//
// Errors are *PackageError, those of untar, that of o.Run, or those of the disk.
func Install(ctx context.Context, p *Plan, dir string, o InstallOptions) (Result, error) {
	if o.Cache == "" || o.Run == nil {
		return Result{}, errors.New("install packages: no cache directory, or nothing to run commands with")
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return Result{}, fmt.Errorf("install packages: %w", err)
	}
	defer func() { _ = root.Close() }() // a directory

	i := &installation{plan: p, dir: dir, root: root, single: o.Single}
	defer i.close()
	if err := i.open(cache{o.Cache}); err != nil {
		return Result{}, fmt.Errorf("install packages: %w", err)
	}
	i.do = commands{o.Run, environment(i.result.Epoch)}
	if err := i.install(ctx); err != nil {
		return i.result, fmt.Errorf("install packages into %s: %w", dir, err)
	}
	return i.result, nil
}

// installation is one run of Install.
type installation struct {
	plan   *Plan
	dir    string
	root   *os.Root
	single bool
	do     commands
	units  []*unit
	result Result
}

func (i *installation) close() {
	for _, u := range i.units {
		u.deb.close()
	}
}

// open reads what all packages say of themselves.
func (i *installation) open(c cache) error {
	entries, err := fs.ReadDir(i.root.FS(), ".")
	if err != nil {
		return err
	}
	if len(entries) > 0 {
		return fmt.Errorf("%s is not empty", i.dir)
	}
	for _, k := range i.plan.Packages {
		u, err := openUnit(c, k)
		if err != nil {
			return err
		}
		i.units = append(i.units, u)
		if u.deb.date.After(i.result.Epoch) {
			i.result.Epoch = u.deb.date
		}
	}
	return nil
}

func (i *installation) install(ctx context.Context) error {
	for n, s := range stages(i.units) {
		var err error
		if n == 0 {
			err = i.first(ctx, s)
		} else {
			err = i.later(ctx, s)
		}
		if err != nil {
			return err
		}
	}
	if err := i.do.configure(ctx); err != nil {
		return err
	}
	return i.finish()
}

// first makes the minimal system out of nothing.
func (i *installation) first(ctx context.Context, s stage) error {
	var scripts []string
	err := i.extract(ctx, &view{nodes: map[string]node{}}, func(m *merger) (err error) {
		if err := m.skeleton(i.plan.Arch); err != nil {
			return err
		}
		for _, u := range s.units {
			if err := m.add(u); err != nil {
				return err
			}
		}
		if err := m.record(&database{triggers: map[string][]byte{}}, s.units); err != nil {
			return err
		}
		scripts, err = m.stageScripts(s.units)
		return err
	})
	if err != nil {
		return err
	}
	return i.do.preinst(ctx, scripts)
}

// later adds packages whose scripts want to run before they are there.
func (i *installation) later(ctx context.Context, s stage) error {
	if len(s.configure) > 0 {
		if err := i.do.configure(ctx, s.configure...); err != nil {
			return err
		}
	}
	var scripts []string
	err := i.extract(ctx, &view{map[string]node{}, i.root}, func(m *merger) (err error) {
		scripts, err = m.stageScripts(s.units)
		return err
	})
	if err != nil {
		return err
	}
	if err := i.do.preinst(ctx, scripts); err != nil {
		return err
	}
	db, err := readDatabase(i.root)
	if err != nil {
		return err
	}
	return i.extract(ctx, &view{map[string]node{}, i.root}, func(m *merger) error {
		for _, u := range s.units {
			if err := m.add(u); err != nil {
				return err
			}
		}
		return m.record(db, s.units)
	})
}
