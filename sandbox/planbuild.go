package sandbox

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rootless-sandbox/sandbox/config"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

// planBuild is planImage for an image that is made of a Dockerfile.
func planBuild(l *config.Loaded, c config.Config, h Host) spec.Image {
	project := l.Project.Dir
	b := spec.Build{
		Dockerfile: l.Place(c.Build.Dockerfile), Context: l.Place(cmp.Or(c.Build.Context, ".")), Target: c.Build.Target,
		Args: c.Build.Args, HostNetwork: c.Network.Mode == spec.NetworkHost, Project: project,
	}
	i := spec.Image{Registry: planRegistry(c.Registry, h, project), Packages: sortedUnique(c.Packages)}
	i.Apt, i.AptLogin = planApt(c.Apt, "", h, project)
	return BuiltImage(i, b)
}

// BuiltImage is the image that a build makes. Of base it takes how registries and
// archives of packages are reached, and what is installed on top. What the image is kept
// under says all that decides what is made, but for the contents of files.
func BuiltImage(base spec.Image, b spec.Build) spec.Image {
	text, err := json.Marshal(b)
	if err != nil {
		panic(err) // plain data always has JSON
	}
	sum := sha256.Sum256(text)
	out := spec.Image{
		Kind: spec.ImageBuild, Build: &b, Registry: base.Registry, Apt: base.Apt, AptLogin: base.AptLogin, Packages: base.Packages,
	}
	out.Ref = "build:" + cmp.Or(filepath.Base(b.Dockerfile), "Dockerfile")
	if b.Dockerfile == "" {
		out.Ref = "build:Dockerfile"
	}
	if b.Target != "" {
		out.Ref += "#" + b.Target
	}
	where := cmp.Or(filepath.Dir(b.Dockerfile), b.Context)
	out.Name = "build:" + strings.TrimSuffix(where, "/") + ":" + hex.EncodeToString(sum[:6])
	return out
}

// buildSecrets gives a build those of the project's secrets that it names.
func buildSecrets(s *spec.Spec, names []string) {
	if s.Image.Kind != spec.ImageBuild {
		return
	}
	b := *s.Image.Build
	for _, secret := range s.Secrets {
		if slices.Contains(names, secret.Name) {
			b.Secrets = append(b.Secrets, secret)
		}
	}
	s.Image.Build = &b
}
