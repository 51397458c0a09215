package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/token"
)

// Builds: the image is made of a Dockerfile.
func (c Config) Builds() bool { return c.Build.Dockerfile != "" }

// build: one that says nothing is made of the Dockerfile at its usual place.
func (d *decoder) build(b *Build, at *token.Token, seen map[string]entry, key string) {
	if len(seen) == 0 {
		b.Dockerfile = defaultDockerfile
		d.from(at, key+".dockerfile")
	}
}

const defaultDockerfile = "Dockerfile"

// oneImage decides between image and build: the stronger layer wins, and in one
// file there is one of them. It completes build.
func (l *Loaded) oneImage() Problems {
	key, ok := l.buildKey()
	if !ok {
		return nil
	}
	build, image := l.Origins[key], l.Origins["image"]
	switch {
	case build.Layer == image.Layer && build.File == image.File:
		return Problems{{
			File: build.File, Line: build.Line, Column: build.Column, Key: "build",
			Message: fmt.Sprintf("build: there is an image as well, on line %d: exactly one of them", image.Line),
		}}
	case strength(image.Layer) > strength(build.Layer), build.Layer == image.Layer && l.Dev != nil && build.File == l.Dev.File:
		l.Config.Build = Build{}
		for key := range l.Origins {
			if strings.HasPrefix(key, "build.") {
				delete(l.Origins, key)
			}
		}
		return nil
	}
	l.Config.Image = ""
	delete(l.Origins, "image")
	if l.Config.Build.Dockerfile == "" {
		l.Config.Build.Dockerfile = defaultDockerfile
		l.Origins["build.dockerfile"] = build // a link that leads out is that layer's
	}
	return l.buildSecrets(build)
}

// buildKey is the first key of build that somebody has written.
func (l *Loaded) buildKey() (string, bool) {
	var keys []string
	for key := range l.Origins {
		if strings.HasPrefix(key, "build.") {
			keys = append(keys, key)
		}
	}
	if len(keys) == 0 {
		return "", false
	}
	slices.SortFunc(keys, func(a, b string) int {
		x, y := l.Origins[a], l.Origins[b]
		if d := strength(y.Layer) - strength(x.Layer); d != 0 {
			return d
		}
		if d := x.Line - y.Line; d != 0 {
			return d
		}
		return strings.Compare(a, b)
	})
	return keys[0], true
}

func (l *Loaded) buildSecrets(at Origin) (all Problems) {
	for i, name := range l.Config.Build.Secrets {
		known := slices.ContainsFunc(l.Config.Secrets, func(s Secret) bool { return s.Name == name })
		if known {
			continue
		}
		if o, ok := l.Origins[indexed("build.secrets", i)]; ok {
			at = o
		}
		all = append(all, Problem{
			File: at.File, Line: at.Line, Column: at.Column, Key: "build.secrets",
			Message: "build.secrets: " + quoted(name) + " is none of secrets",
		})
	}
	return all
}

func strength(layer string) int {
	return slices.Index([]string{layerDefault, layerUser, layerProject, layerLocal, layerEnv, layerFlag}, layer)
}

// buildRequests: what an image is built of. Like every path, one in the project is nobody's to ask about.
func (l *Loaded) buildRequests(ask func(key, what string)) {
	b := l.Config.Build
	if !l.Config.Builds() {
		return
	}
	ask("build.dockerfile", l.beyond("an image built by", b.Dockerfile))
	if b.Context != "" {
		ask("build.context", l.beyond("an image built of the files in", b.Context))
	}
}
