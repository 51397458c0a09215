package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rootless-sandbox/sandbox/cmd/internal/ui"
	"github.com/rootless-sandbox/sandbox/config"
	"github.com/rootless-sandbox/sandbox/sandbox"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

func newCmdImageLoad(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "load FILE",
		Short:   "take images from an archive",
		Long:    "Takes all images of an archive that docker save, podman save or image save wrote, under the names that stand in it, and prints these.",
		Example: "  sandbox image load image.tar",
		Args:    exactly(1, "FILE"),
		RunE: func(c *cobra.Command, args []string) error {
			return a.withImage(c.Context(), "", func(ctx context.Context, e imageEngine, s spec.Spec) error {
				names, err := e.LoadImage(ctx, s, args[0], a.story.Event)
				for _, name := range names {
					if _, werr := fmt.Fprintln(a.Out, ui.Clean(name)); werr != nil {
						return werr
					}
				}
				return err
			})
		},
	}
}

func newCmdImageSave(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "save IMAGE TO",
		Short: "write an image to a file or a directory",
		Long: `Writes an image as an OCI image layout (oci:DIR), the same in an archive
(oci-archive:FILE), or as docker load takes it (docker-archive:FILE). Ids and deleted
files are written as other programs expect them.`,
		Example: `  sandbox image save golang:1.26 oci-archive:golang.tar
  sandbox image save golang:1.26 oci:layout`,
		Args: exactly(2, "IMAGE and TO"),
		RunE: func(c *cobra.Command, args []string) error {
			return a.withImage(c.Context(), args[0], func(ctx context.Context, e imageEngine, s spec.Spec) error {
				return e.SaveImage(ctx, s, args[1], a.story.Event)
			})
		},
	}
}

func newCmdImagePush(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "push IMAGE [REFERENCE]",
		Short: "send an image to a registry",
		Long: `Sends an image to a registry, under its own name or another reference. Who you are
there comes from docker's configuration, ~/.docker/config.json, or the file in
SANDBOX_REGISTRY_AUTH.`,
		Example: "  sandbox image push base:latest registry.example.org/team/base:latest",
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) < 1 || len(args) > 2 {
				return &usageError{cmd: c, msg: "expected IMAGE, and where to push it to", paste: "sandbox help image push"}
			}
			to := args[len(args)-1]
			if config.ParseImage(to).Scheme != "docker" {
				return &usageError{cmd: c, msg: fmt.Sprintf("%q is no place of a registry", to), paste: "sandbox image push " + quote(args[0]) + " REGISTRY/NAME:TAG"}
			}
			return a.withImage(c.Context(), args[0], func(ctx context.Context, e imageEngine, s spec.Spec) error {
				return e.PushImage(ctx, s, imageName(to), a.story.Event)
			})
		},
	}
}

// withImage plans what a reference stands for, for verbs that take long and can
// be interrupted: an image that is here, by its name or digest, or one to be fetched.
// Without one it is the image of the project.
func (a *app) withImage(ctx context.Context, ref string, do func(context.Context, imageEngine, spec.Spec) error) error {
	p, err := a.project()
	if err != nil {
		return err
	}
	engine, err := a.backend.images()
	if err != nil {
		return err
	}
	var overrides map[string]string
	kept := ""
	if ref != "" {
		overrides = map[string]string{"image": ref}
		if kept, err = keptImage(engine, ref); err != nil {
			return err
		}
	}
	if kept != "" {
		overrides["image"] = spec.ImageHost // what it was made of does not matter
	}
	s, _, err := a.plan(p, overrides, sandbox.Request{Anywhere: true, ImageOnly: true, Bare: ref != ""})
	if err != nil {
		return err
	}
	if kept != "" {
		s.Image = spec.Image{Kind: spec.ImageKept, Ref: ref, Name: kept}
	}
	ctx, stop := interruptible(ctx)
	defer stop()
	return because(ctx, do(ctx, engine, s))
}

// keptImage is the name of an image that is here and that no reference can name:
// one made of packages or of a Dockerfile, or by its digest.
func keptImage(e imageEngine, ref string) (string, error) {
	name := imageName(ref)
	found, err := e.FindImage(name, ref)
	if errors.Is(err, sandbox.ErrNoImage) {
		return "", nil
	}
	if found == name && !strings.Contains(name, " ") && !strings.HasPrefix(name, spec.ImageBuild+":") {
		return "", err
	}
	return found, err
}

func newCmdPrune(a *app) *cobra.Command {
	var o sandbox.PruneOptions
	var asJSON bool
	c := &cobra.Command{
		Use:   "prune [flags]",
		Short: "delete what nothing needs any more",
		Long: `Deletes layers that no image, no sandbox and no running command needs, and downloads
that were broken off long ago; with --all also images that no sandbox is made of, and
what package managers and other tools fetched. Volumes and sandboxes stay.`,
		Example: "  sandbox prune --dry-run\n  sandbox prune --all",
		Args:    noArgs,
		RunE:    func(c *cobra.Command, _ []string) error { return a.prune(c.Context(), o, asJSON) },
	}
	c.Flags().BoolVar(&o.All, "all", false, "images without a sandbox, and caches, too")
	c.Flags().BoolVar(&o.DryRun, "dry-run", false, "only say what would be deleted")
	c.Flags().BoolVar(&asJSON, "json", false, "as JSON")
	return c
}

func (a *app) prune(ctx context.Context, o sandbox.PruneOptions, asJSON bool) error {
	engine, err := a.backend.images()
	if err != nil {
		return err
	}
	done, err := engine.Prune(ctx, o)
	if err != nil {
		return err
	}
	if asJSON {
		return ui.JSON(a.Out, done)
	}
	verb := "freed"
	if o.DryRun {
		verb = "would be freed"
	}
	for _, i := range done.Images {
		a.story.Event(spec.Event{Kind: "image", Name: i, State: "ok", Detail: "unused"})
	}
	_, err = fmt.Fprintf(a.Out, "%s, %s: %s %s\n", plural(len(done.Layers), "layer", "layers"), plural(len(done.Other), "file", "files"), ui.Bytes(done.Bytes), verb)
	return err
}
