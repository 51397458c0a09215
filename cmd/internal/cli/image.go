package cli

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/rootless-sandbox/sandbox/cmd/internal/ui"
	"github.com/rootless-sandbox/sandbox/config"
	"github.com/rootless-sandbox/sandbox/sandbox"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

// imageEngine is what the verbs of images need of sandbox.Engine.
type imageEngine interface {
	Pull(context.Context, spec.Spec, func(spec.Event)) (sandbox.ImageInfo, error)
	Images(context.Context) ([]sandbox.ImageInfo, error)
	Image(context.Context, string) (sandbox.ImageInfo, error)
	FindImage(name, digest string) (string, error)
	TagImage(ctx context.Context, from, to string) error
	RemoveImage(context.Context, string) (int64, error)
	LoadImage(ctx context.Context, s spec.Spec, file string, emit func(spec.Event)) ([]string, error)
	SaveImage(ctx context.Context, s spec.Spec, to string, emit func(spec.Event)) error
	PushImage(ctx context.Context, s spec.Spec, ref string, emit func(spec.Event)) error
	BuildImage(context.Context, spec.Spec, func(spec.Event)) (sandbox.ImageInfo, error)
	Prune(context.Context, sandbox.PruneOptions) (sandbox.Pruned, error)
}

func newCmdImage(a *app) *cobra.Command {
	c := &cobra.Command{
		Use:   "image VERB",
		Short: "fetch, list, show, keep and pass on images",
		Long:  "Works on the images that are kept for this user: root file systems that sandboxes are made of.",
		Example: `  sandbox image pull golang:1.26
  sandbox image ls
  sandbox image save golang:1.26 oci-archive:golang.tar`,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) > 0 {
				return &usageError{cmd: c, msg: fmt.Sprintf("%q is not a verb of image", args[0]), paste: "sandbox help image"}
			}
			return &usageError{cmd: c, msg: "which one: pull, build, ls, inspect, rm, tag, load, save or push?", paste: "sandbox image ls"}
		},
	}
	c.AddCommand(newCmdImagePull(a), newCmdImageLs(a), newCmdImageInspect(a), newCmdImageRm(a), newCmdImageTag(a),
		newCmdImageBuild(a), newCmdImageLoad(a), newCmdImageSave(a), newCmdImagePush(a))
	return c
}

func newCmdImagePull(a *app) *cobra.Command {
	var platform string
	c := &cobra.Command{
		Use:   "pull [flags] [IMAGE...]",
		Short: "fetch images, or fetch them again",
		Long: `Fetches images, by default the one of this project, and unpacks them. What is here
already is asked for again: a tag may mean something newer by now. A sandbox keeps
the image that it was made of until up --recreate.`,
		Example: `  sandbox image pull
  sandbox image pull golang:1.26 docker://ghcr.io/me/tool:2
  sandbox image pull --platform linux/arm64 debian:13`,
		RunE: func(c *cobra.Command, args []string) error { return a.imagePull(c.Context(), args, platform) },
	}
	c.Flags().StringVar(&platform, "platform", "", "`OS/ARCH` of an image that there is for several (default: this machine's)")
	return c
}

func (a *app) imagePull(ctx context.Context, refs []string, platform string) error {
	p, err := a.project()
	if err != nil {
		return err
	}
	overrides := []map[string]string{nil}
	if len(refs) > 0 {
		overrides = nil
		for _, ref := range refs {
			overrides = append(overrides, map[string]string{"image": ref})
		}
	}
	engine, err := a.backend.images()
	if err != nil {
		return err
	}
	ctx, stop := interruptible(ctx)
	defer stop()
	for _, o := range overrides {
		s, _, err := a.plan(p, o, sandbox.Request{Anywhere: true, ImageOnly: true, Bare: len(refs) > 0})
		if err != nil {
			return err
		}
		s.Image.Platform = platform
		info, err := engine.Pull(ctx, s, a.story.Event)
		if err != nil {
			return because(ctx, err)
		}
		if _, err := fmt.Fprintln(a.Out, ui.Clean(info.Name)+"@"+info.Digest); err != nil {
			return err
		}
	}
	return nil
}

func newCmdImageLs(a *app) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "ls [flags]",
		Short: "list the images that are here",
		Long: `Lists the images that are kept, with the size of all their layers and of those that no
other image has.`,
		Example: "  sandbox image ls\n  sandbox image ls --json | jq -r '.[].name'",
		Args:    noArgs,
		RunE:    func(c *cobra.Command, _ []string) error { return a.imageLs(c.Context(), asJSON) },
	}
	c.Flags().BoolVar(&asJSON, "json", false, "as JSON")
	return c
}

func (a *app) imageLs(ctx context.Context, asJSON bool) error {
	engine, err := a.backend.images()
	if err != nil {
		return err
	}
	list, err := engine.Images(ctx)
	if err != nil {
		return err
	}
	if asJSON {
		return ui.JSON(a.Out, list)
	}
	rows := make([][]string, 0, len(list))
	for _, i := range list {
		rows = append(rows, []string{i.Name, shortDigest(i.Digest), ui.Bytes(i.Size), ui.Bytes(i.Unique), fmt.Sprint(len(i.Layers)), ui.Age(time.Since(i.Pulled)), strings.Join(i.UsedBy, ", ")})
	}
	return ui.Table(a.Out, []string{"NAME", "DIGEST", "SIZE", "UNIQUE", "LAYERS", "AGE", "USED BY"}, rows)
}

func shortDigest(d string) string {
	_, hex, _ := strings.Cut(d, ":")
	return hex[:min(len(hex), 12)]
}

func newCmdImageInspect(a *app) *cobra.Command {
	c := &cobra.Command{
		Use:     "inspect [flags] IMAGE",
		Short:   "all that is known of an image, as JSON",
		Long:    "Prints an image's digest, its layers, its configuration and who uses it, as one JSON object.",
		Example: "  sandbox image inspect golang:1.26 | jq .config.config.Env",
		Args:    exactly(1, "IMAGE"),
		RunE: func(c *cobra.Command, args []string) error {
			engine, err := a.backend.images()
			if err != nil {
				return err
			}
			name, err := engine.FindImage(imageName(args[0]), args[0])
			if err != nil {
				return err
			}
			info, err := engine.Image(c.Context(), name)
			if err != nil {
				return err
			}
			return ui.JSON(a.Out, info)
		},
	}
	c.Flags().Bool("json", true, "as JSON; always so")
	return c
}

// imageName is the name under which a reference is kept.
func imageName(ref string) string {
	i := config.ParseImage(ref)
	switch {
	case i.Scheme == "docker":
		return i.Reference()
	case i.IsPath():
		if path, err := filepath.Abs(i.Rest); err == nil {
			return strings.TrimSuffix(i.Scheme+":"+path+":"+i.Tag, ":")
		}
	}
	return ref
}

func newCmdImageRm(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "rm IMAGE...",
		Short:   "forget images, and delete the layers that nothing else needs",
		Long:    "Forgets images, by a name or the beginning of a digest. Layers that another image, a sandbox or a running command needs stay.",
		Example: "  sandbox image rm golang:1.25",
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return &usageError{cmd: c, msg: "which image?", paste: "sandbox image ls"}
			}
			engine, err := a.backend.images()
			if err != nil {
				return err
			}
			for _, ref := range args {
				name, err := engine.FindImage(imageName(ref), ref)
				if err != nil {
					return err
				}
				freed, err := engine.RemoveImage(c.Context(), name)
				if err != nil {
					return err
				}
				a.story.Event(spec.Event{Kind: "image", Name: name, State: "ok", Detail: "removed, " + ui.Bytes(freed) + " freed"})
			}
			return nil
		},
	}
}

func newCmdImageTag(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "tag IMAGE NAME",
		Short:   "give an image one more name",
		Long:    "Gives an image that is here one more name, which wins over what a registry has under it.",
		Example: "  sandbox image tag golang:1.26 base:latest",
		Args:    exactly(2, "IMAGE and NAME"),
		RunE: func(c *cobra.Command, args []string) error {
			engine, err := a.backend.images()
			if err != nil {
				return err
			}
			name, err := engine.FindImage(imageName(args[0]), args[0])
			if err != nil {
				return err
			}
			return engine.TagImage(c.Context(), name, imageName(args[1]))
		},
	}
}
