package sandbox

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/rootless-sandbox/sandbox/config"
	"github.com/rootless-sandbox/sandbox/sandbox/feature"
	"github.com/rootless-sandbox/sandbox/sandbox/feature/folder"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

// Features are those of a configuration, found and in the order of their installation.
type Features struct {
	Nodes []feature.Node
	Notes []string // what their user should know of them
}

// FindOptions modify Features.
type FindOptions struct {
	Offline bool // what is not here is an error; nothing is written
	Refresh bool // names that no lock pins are looked for anew
	Frozen  bool // the lock is there, and says all
	Lock    bool // write the lock where it says something else
	Trust   bool // addresses of this machine and its network may be asked
}

// FeatureError: a feature cannot be had.
type FeatureError struct {
	ID  string
	Err error
}

func (e *FeatureError) Error() string { return "feature " + quoteOdd(e.ID) + ": " + e.Err.Error() }
func (e *FeatureError) Unwrap() error { return e.Err }

// Summary is the error of an installation in few words: its script is our own business.
func (e *FeatureError) Summary() string {
	var build *BuildError
	if errors.As(e.Err, &build) {
		return fmt.Sprintf("feature %s: its %s ended with exit status %d", quoteOdd(e.ID), feature.Script, build.Exit.Code)
	}
	return e.Error()
}

// ErrOffline: it is not here, and was not to be fetched.
var ErrOffline = errors.New("it is not here yet")

// Features finds the features of a configuration: what is not in the store yet is
// fetched. It answers nil where there are none.
func (e *Engine) Features(ctx context.Context, l *config.Loaded, h Host, o FindOptions, emit func(spec.Event)) (*Features, error) {
	if len(l.Config.Features) == 0 {
		return nil, nil
	}
	f := &finder{engine: e, loaded: l, options: o, emit: orNothing(emit), registry: planRegistry(l.Placed().Registry, h, l.Project.Dir)}
	if err := f.readLock(); err != nil {
		return nil, err
	}
	var asked []feature.Asked
	for _, id := range sortedKeys(l.Config.Features) {
		asked = append(asked, feature.Asked{ID: id, Options: l.Config.Features[id]})
	}
	nodes, err := feature.Graph(ctx, asked, f.get)
	if err != nil {
		return nil, err
	}
	if nodes, err = feature.Order(nodes, l.Config.FeatureOrder); err != nil {
		return nil, err
	}
	if err := f.settleLock(nodes); err != nil {
		return nil, err
	}
	return &Features{Nodes: nodes, Notes: notesOf(nodes)}, nil
}

// finder gets features by their names.
type finder struct {
	engine   *Engine
	loaded   *config.Loaded
	options  FindOptions
	emit     func(spec.Event)
	registry spec.Registry
	lockFile string // "" where no file of the project names features
	lock     feature.Lock
	locked   bool // there is a lock
}

func (f *finder) get(ctx context.Context, r feature.Reference) (feature.Got, error) {
	got, err := f.find(ctx, r)
	if err != nil && ctx.Err() == nil {
		err = &FeatureError{r.Written, err}
	}
	return got, err
}

func (f *finder) find(ctx context.Context, r feature.Reference) (feature.Got, error) {
	if r.Kind == feature.Local {
		return f.local(r)
	}
	locked := f.lock.Digest(r)
	if f.options.Frozen && locked == "" {
		return feature.Got{}, &FrozenError{File: f.lockFile, Why: "it is not in the lock"}
	}
	digest := locked
	if r.Digest != "" {
		if locked != "" && locked != r.Digest {
			return feature.Got{}, fmt.Errorf("the lock says %s: %w", locked, ErrFeatureDigest)
		}
		digest = r.Digest
	}
	if digest == "" && !f.options.Refresh {
		known, err := f.engine.store.ReadFeatureName(f.rememberedAs(r))
		if err == nil {
			digest = known.Digest
		}
	}
	if got, err := f.stored(digest); err == nil || !errors.Is(err, fs.ErrNotExist) {
		return got, err
	}
	if f.options.Offline {
		return feature.Got{}, ErrOffline
	}
	pinned := locked
	if r.Digest != "" {
		pinned = r.Digest
	}
	return f.fetch(ctx, r, pinned)
}

// ErrFeatureDigest: a feature is not what its lock or its name says.
var ErrFeatureDigest = errors.New("its content is not what was asked for")

// stored is a feature of the store; fs.ErrNotExist when it is not there.
func (f *finder) stored(digest string) (feature.Got, error) {
	if digest == "" {
		return feature.Got{}, fs.ErrNotExist
	}
	root, err := os.OpenRoot(f.engine.store.Feature(digest).Root())
	if err != nil {
		return feature.Got{}, err
	}
	defer func() { _ = root.Close() }()
	m, err := folder.Describe(root)
	if errors.Is(err, fs.ErrNotExist) {
		err = errNoDescription
	}
	return feature.Got{Metadata: m, Digest: digest}, err
}

var errNoDescription = errors.New("there is no " + feature.File + " in it")

// fetch brings a feature into the store.
func (f *finder) fetch(ctx context.Context, r feature.Reference, digest string) (feature.Got, error) {
	if err := f.mayAsk(r); err != nil {
		return feature.Got{}, err
	}
	unlock, err := f.engine.store.LockName(ctx, "feature "+r.Pinned(""))
	if err != nil {
		return feature.Got{}, err
	}
	defer unlock()
	tmp, done, err := f.engine.store.Temp("feature")
	if err != nil {
		return feature.Got{}, err
	}
	defer done()
	if err := os.MkdirAll(tmp.Root(), 0o700); err != nil {
		return feature.Got{}, err
	}
	f.emit(spec.Event{Kind: "image", Name: "feature " + r.Written, State: "start", Detail: "fetching"})
	got, err := fetchFeature(ctx, r, digest, f.registry, tmp.Root())
	if err == nil && digest != "" && got != digest {
		err = fmt.Errorf("%s instead of %s: %w", got, digest, ErrFeatureDigest)
	}
	if err != nil {
		return feature.Got{}, errors.Join(err, tmp.Remove())
	}
	if err := f.engine.store.KeepFeature(tmp, got); err != nil {
		return feature.Got{}, err
	}
	if err := f.engine.store.WriteFeatureName(f.rememberedAs(r), got); err != nil {
		return feature.Got{}, err
	}
	found, err := f.stored(got)
	if errors.Is(err, fs.ErrNotExist) {
		err = errors.New("it was removed meanwhile")
	}
	return found, err
}

// rememberedAs is a name together with where it is looked for: what one project's mirrors
// say is no answer for another project.
func (f *finder) rememberedAs(r feature.Reference) string {
	if len(f.registry.Mirrors) == 0 {
		return r.Pinned("")
	}
	return fmt.Sprintf("%s by %+v", r.Pinned(""), f.registry.Mirrors)
}

// mayAsk refuses a request to this machine's own network that nobody agreed to: what a
// project's file names may be anything that listens there.
func (f *finder) mayAsk(r feature.Reference) error {
	words := config.LocalRequest(r.Name)
	if r.Kind != feature.Tarball || words == "" || f.options.Trust {
		return nil
	}
	asks := f.loaded.HostRequests()
	written := slices.ContainsFunc(asks, func(a config.HostRequest) bool { return a.What == words })
	if _, own := f.loaded.Config.Features[r.Written]; own && !written {
		return nil // of the user's own settings
	}
	given, err := f.engine.store.ReadTrust(f.loaded.Project.Dir)
	if err == nil && slices.Contains(given.Asks, words) {
		return nil
	}
	if !written {
		return errors.New("it is needed by another feature, from an address of this machine or its network")
	}
	return &UntrustedError{Trust{Project: f.loaded.Project.Dir, Asks: asks}}
}

// local is a folder of the project. What is installed is a copy, so that nothing
// changes under the installation.
func (f *finder) local(r feature.Reference) (feature.Got, error) {
	project := f.loaded.Project.Dir
	rel, err := filepath.Rel(project, filepath.Join(f.base(), r.Name))
	if err != nil {
		return feature.Got{}, err
	}
	root, err := folder.Open(project, rel)
	if err != nil {
		return feature.Got{}, err
	}
	defer func() { _ = root.Close() }()
	m, err := folder.Describe(root)
	if errors.Is(err, fs.ErrNotExist) {
		return feature.Got{}, errNoDescription
	}
	if err != nil {
		return feature.Got{}, err
	}
	digest, err := folder.Digest(root)
	if err != nil || f.options.Offline {
		return feature.Got{Metadata: m, Digest: digest}, err
	}
	if _, err := os.Lstat(f.engine.store.Feature(digest).Path()); err == nil {
		return feature.Got{Metadata: m, Digest: digest}, nil
	}
	if digest, err = f.keepLocal(root); err != nil {
		return feature.Got{}, err
	}
	return f.stored(digest) // what was copied
}

func (f *finder) keepLocal(root *os.Root) (digest string, err error) {
	tmp, done, err := f.engine.store.Temp("feature")
	if err != nil {
		return "", err
	}
	defer done()
	if err = os.MkdirAll(tmp.Root(), 0o700); err == nil {
		digest, err = folder.Copy(root, tmp.Root())
	}
	if err != nil {
		return "", errors.Join(err, tmp.Remove())
	}
	return digest, f.engine.store.KeepFeature(tmp, digest)
}

// base is the directory that names of folders begin at: that of the project's file that
// names features.
func (f *finder) base() string {
	if file := f.file(); file != "" {
		return filepath.Dir(file)
	}
	return f.loaded.Project.Dir
}

// file is the project's own file that names features, "" for none.
func (f *finder) file() string {
	for _, id := range sortedKeys(f.loaded.Config.Features) {
		if file, shared := f.loaded.FeatureFile(id); shared {
			return file
		}
	}
	return ""
}

// notesOf says what the user of features should know.
func notesOf(nodes []feature.Node) []string {
	var out []string
	for _, n := range nodes {
		id := quoteOdd(n.Written)
		if n.Metadata.Deprecated {
			out = append(out, "feature "+id+" is deprecated: it gets no more updates")
		}
		if own := n.Metadata.ID; n.Kind == feature.Registry && own != n.ID() && slices.Contains(n.Metadata.LegacyIDs, n.ID()) {
			out = append(out, "feature "+id+" is called "+own+" now")
		}
		if n.Implied {
			out = append(out, "feature "+id+" is taken for "+n.Pinned(""))
		}
		if _, unknown, _ := feature.Environment(n.Written, n.Metadata, n.Options); len(unknown) > 0 {
			out = append(out, "feature "+id+" knows no option "+quoteOdd(unknown[0])+": its script gets it all the same")
		}
	}
	return out
}
