//go:build !core

package compose

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/dotenv"
	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/tree"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/sirupsen/logrus"
)

// maxFile bounds each file.
const maxFile = 1 << 20

// OutsideError: a file is not in the project.
type OutsideError struct{ Path string }

func (e *OutsideError) Error() string { return fmt.Sprintf("%q is not in the project", e.Path) }

// UnknownError: there is no such service.
type UnknownError struct {
	Name string
	Have []string
}

// Service is its name.
func (e *UnknownError) Service() string { return e.Name }

func (e *UnknownError) Error() string {
	return fmt.Sprintf("no service %q; there are %s", e.Name, strings.Join(e.Have, ", "))
}

// Load reads the files.
func Load(ctx context.Context, o Options) (p *Project, err error) {
	defer func() { // the library is made for files of friends
		if x := recover(); x != nil {
			err = fmt.Errorf("not a compose file: %v", x)
		}
	}()
	if len(o.Files) == 0 {
		return nil, errors.New("no file")
	}
	logrus.SetOutput(io.Discard) // the library prints what it thinks of a file
	sum := sha256.New()
	details := types.ConfigDetails{WorkingDir: filepath.Dir(o.Files[0]), Environment: types.Mapping{}}
	for _, name := range o.Files {
		text, err := read(o.Dir, name)
		if err != nil {
			return nil, err
		}
		_, _ = sum.Write(text) // a hash does not fail
		details.ConfigFiles = append(details.ConfigFiles, types.ConfigFile{Filename: name, Content: text})
	}
	if details.Environment, err = dotEnv(o, details.WorkingDir, sum); err != nil {
		return nil, err
	}
	warnings := map[string]bool{}
	project, err := loader.LoadWithContext(ctx, details, func(l *loader.Options) {
		l.SkipResolveEnvironment, l.SkipResolveLabels = true, true
		l.ResolvePaths = true
		l.SkipNormalization, l.SkipConsistencyCheck = true, true // it would drop what the caller's environment says; circles are found where those of all services are
		l.SetProjectName(loader.NormalizeProjectName(cmp.Or(filepath.Base(o.Dir), "project")), false)
		l.ResourceLoaders = []loader.ResourceLoader{&inProject{o.Dir}}
		l.Interpolate.LookupValue = func(name string) (string, bool) {
			if v, ok := details.Environment[name]; ok {
				return v, true
			}
			return o.Lookup(name)
		}
		l.Profiles = nil
		loader.WithSupportedAttributes(supported(), func(all []loader.UnsupportedAttribute) {
			for _, a := range all {
				warnings[topOf(a.Path)] = true
			}
		})(l)
	})
	if err != nil {
		return nil, tidy(err)
	}
	if project, err = selected(project, o); err != nil {
		return nil, err
	}
	if err := envFiles(project, o.Dir); err != nil {
		return nil, err
	}
	if project, err = project.WithServicesEnvironmentResolved(true); err != nil {
		return nil, tidy(err)
	}
	out := &Project{Digest: hex.EncodeToString(sum.Sum(nil))}
	c := &converter{options: o, project: project, out: out}
	for _, name := range slices.Sorted(keys(project.Services)) {
		s := c.service(project.Services[name])
		if name == o.Dev {
			out.Dev = s
		} else {
			out.Services = append(out.Services, s)
		}
	}
	c.completions()
	for path := range warnings {
		if name := serviceOf(path); name == "" || has(project.Services, name) {
			out.Warnings = append(out.Warnings, path+": is not done here")
		}
	}
	slices.Sort(out.Warnings)
	return out, nil
}

func keys(s types.Services) func(func(string) bool) {
	return func(yield func(string) bool) {
		for name := range s {
			if !yield(name) {
				return
			}
		}
	}
}

func has(s types.Services, name string) bool { _, ok := s[name]; return ok }

// selected keeps the wanted services with what they depend on.
func selected(p *types.Project, o Options) (*types.Project, error) {
	all := slices.Sorted(keys(p.Services))
	all = append(all, p.DisabledServiceNames()...)
	wanted := []string{o.Dev}
	if o.Services == nil {
		wanted = append(wanted, slices.Sorted(keys(p.Services))...)
	}
	wanted = append(wanted, o.Services...)
	for _, name := range wanted {
		if !slices.Contains(all, name) {
			return nil, &UnknownError{name, all}
		}
	}
	slices.Sort(wanted)
	wanted = slices.Compact(wanted)
	p, err := p.WithServicesEnabled(wanted...)
	if err != nil {
		return nil, tidy(err)
	}
	p, err = p.WithSelectedServices(wanted)
	return p, tidy(err)
}

// envFiles refuses what would be read from elsewhere.
func envFiles(p *types.Project, dir string) error {
	for _, s := range p.Services {
		for _, f := range s.EnvFiles {
			if _, err := inside(dir, f.Path); err != nil && (bool(f.Required) || !errors.Is(err, os.ErrNotExist)) {
				return fmt.Errorf("service %s: env_file: %w", s.Name, err)
			}
		}
	}
	return nil
}

// dotEnv is the file .env beside the first file.
func dotEnv(o Options, dir string, sum io.Writer) (types.Mapping, error) {
	text, err := read(o.Dir, filepath.Join(dir, ".env"))
	if errors.Is(err, os.ErrNotExist) {
		return types.Mapping{}, nil
	}
	if err != nil {
		return nil, err
	}
	_, _ = sum.Write(text)
	env, err := dotenv.ParseWithLookup(strings.NewReader(string(text)), o.Lookup)
	if err != nil {
		return nil, fmt.Errorf(".env: %w", err)
	}
	return env, nil
}

// read reads a file of the project.
func read(dir, name string) ([]byte, error) {
	path, err := inside(dir, name)
	if err != nil {
		return nil, err
	}
	st, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !st.Mode().IsRegular() {
		return nil, fmt.Errorf("%q is no file", name)
	}
	if st.Size() > maxFile {
		return nil, fmt.Errorf("%q is larger than 1 MiB", name)
	}
	return os.ReadFile(path)
}

// inside is where a path leads to, if that is in the project.
func inside(dir, name string) (string, error) {
	path, err := filepath.EvalSymlinks(name)
	if err != nil {
		return "", err
	}
	top, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return "", err
	}
	if rel, err := filepath.Rel(top, path); err != nil || !filepath.IsLocal(rel) {
		return "", &OutsideError{name}
	}
	return path, nil
}

// inProject loads what include and extends name: files of the project.
type inProject struct{ dir string }

func (l *inProject) Accept(string) bool { return true }

func (l *inProject) Load(_ context.Context, path string) (string, error) {
	if !filepath.IsAbs(path) {
		return "", &OutsideError{path}
	}
	if _, err := read(l.dir, path); err != nil {
		return "", err
	}
	return path, nil
}

func (l *inProject) Dir(path string) string { return filepath.Dir(path) }

// topOf is a path of a key down to the key of a service.
func topOf(p tree.Path) string {
	parts := p.Parts()
	return strings.Join(parts[:min(3, len(parts))], ".")
}

func serviceOf(path string) string {
	parts := strings.Split(path, ".")
	if len(parts) > 1 && parts[0] == "services" {
		return parts[1]
	}
	return ""
}

// tidy is an error in one line.
func tidy(err error) error {
	if err == nil {
		return nil
	}
	if text := err.Error(); strings.Contains(text, "\n") {
		return errors.New(strings.Join(strings.Fields(text), " "))
	}
	return err
}
