// Others reads what other projects wrote: each Dockerfile below a directory is
// parsed, planned and turned into steps, each feature's description is parsed, and
// all features of a directory are put in order. What fails is told with its line.
//
//	go run ./scripts/others ~/src/docker-library ~/src/features
//
// An instruction that is refused, on purpose, is no failure; it is counted.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"log"
	"os"
	"path/filepath"
	"strings"

	"github.com/rootless-sandbox/sandbox/sandbox/feature"
	"github.com/rootless-sandbox/sandbox/sandbox/image/dockerfile"
)

func main() {
	log.SetFlags(0)
	arch := flag.String("arch", "amd64", "the processor that is built for")
	flag.Parse()
	r := reader{arch: *arch, features: map[string]map[string]feature.Metadata{}}
	for _, dir := range flag.Args() {
		if err := filepath.WalkDir(dir, r.visit); err != nil {
			log.Fatal(err)
		}
	}
	for dir, found := range r.features {
		r.order(dir, found)
	}
	fmt.Printf("%d Dockerfiles with %d stages and %d steps, %d features, %d failed\n", r.files, r.stages, r.steps, r.described, r.failed)
	if r.failed > 0 || r.files+r.described == 0 {
		os.Exit(1)
	}
}

type reader struct {
	arch                                    string
	files, stages, steps, described, failed int
	features                                map[string]map[string]feature.Metadata // by the directory that they stand in, by id
}

func (r *reader) visit(path string, d fs.DirEntry, err error) error {
	if err != nil || !d.Type().IsRegular() {
		return err
	}
	read := r.dockerfile
	switch name := d.Name(); {
	case name == feature.File:
		read = r.feature
	case strings.HasSuffix(name, ".dockerignore") || strings.HasSuffix(name, ".go") || strings.HasSuffix(name, ".md"):
		return nil
	case name != "Containerfile" && !strings.HasPrefix(name, "Dockerfile") && !strings.HasSuffix(name, ".Dockerfile"):
		return nil
	}
	text, err := os.ReadFile(path)
	if err == nil {
		err = read(path, text)
	}
	r.told(path, err)
	return nil
}

func (r *reader) told(path string, err error) {
	if err != nil {
		r.failed++
		fmt.Printf("%s: %v\n", path, err)
	}
}

// dockerfile goes as far as a build that has no images.
func (r *reader) dockerfile(path string, text []byte) error {
	f, err := dockerfile.Parse(filepath.Base(path), text)
	if err != nil {
		return err
	}
	r.files++
	plan, err := f.Plan(dockerfile.Options{Arch: r.arch})
	if err != nil {
		return err
	}
	var errs []error
	made := map[int]dockerfile.Config{}
	for _, s := range plan.Stages {
		base := anyImage()
		if s.Base.Kind == dockerfile.SourceStage {
			base = made[s.Base.Stage]
		}
		r.stages++
		result, err := s.Resolve(base)
		errs = append(errs, err)
		made[s.Index] = result.Config
		r.steps += len(result.Steps)
	}
	return errors.Join(errs...)
}

// anyImage says what base images often say, and Dockerfiles count on.
func anyImage() (c dockerfile.Config) {
	c.Config.WorkingDir, c.Config.Env = "/work", []string{"PATH=/usr/bin", "HOME=/root"}
	return c
}

func (r *reader) feature(path string, text []byte) error {
	m, err := feature.Parse(text)
	if err != nil {
		return err
	}
	r.described++
	dir := filepath.Dir(filepath.Dir(path))
	if r.features[dir] == nil {
		r.features[dir] = map[string]feature.Metadata{}
	}
	r.features[dir][m.ID] = m
	return nil
}

// registry is where the features of a directory are looked for, under any name.
const registry = "ghcr.io/devcontainers/features/"

// order installs all features of a directory at once, in thought.
func (r *reader) order(dir string, found map[string]feature.Metadata) {
	var asked []feature.Asked
	for id := range found {
		asked = append(asked, feature.Asked{ID: registry + id})
	}
	nodes, err := feature.Graph(context.Background(), asked, func(_ context.Context, f feature.Reference) (feature.Got, error) {
		m, ok := found[f.ID()]
		if !ok {
			return feature.Got{}, fmt.Errorf("%s: not in this directory", f.Written)
		}
		return feature.Got{Metadata: m, Digest: "sha256:" + f.ID()}, nil
	})
	if err == nil {
		nodes, err = feature.Order(nodes, nil)
	}
	if err != nil {
		r.told(dir, err)
		return
	}
	fmt.Printf("%s in order:", dir)
	for _, n := range nodes {
		fmt.Print(" ", n.ID())
		if _, _, err := feature.Environment(n.Written, n.Metadata, nil); err != nil {
			r.told(n.Written, err)
		}
	}
	fmt.Println()
}
