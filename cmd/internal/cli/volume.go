package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/rootless-sandbox/sandbox/cmd/internal/ui"
	"github.com/rootless-sandbox/sandbox/sandbox"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

// dataEngine is what the verbs of volumes and caches need of sandbox.Engine.
type dataEngine interface {
	Volumes(context.Context) ([]sandbox.VolumeInfo, error)
	Volume(context.Context, string) (sandbox.VolumeInfo, error)
	RemoveVolume(ctx context.Context, id string, force bool) error
	Caches(context.Context) ([]sandbox.CacheInfo, error)
	PruneCaches(ctx context.Context, names []string, dryRun bool) ([]sandbox.CacheInfo, error)
}

func newCmdVolume(a *app) *cobra.Command {
	c := &cobra.Command{
		Use:   "volume VERB",
		Short: "list, show and remove volumes",
		Long: `Works on volumes: directories that the configuration names, that outlive sandboxes. A
project has its own, so that two projects may use the same name. A volume is named by
the name that its project has for it, or by NAME@PROJECT as ls shows it.`,
		Example: `  sandbox volume ls
  sandbox volume inspect pgdata
  sandbox volume rm pgdata`,
		RunE: func(c *cobra.Command, args []string) error {
			return unknownSub(c, args, "ls", "inspect", "rm")
		},
	}
	c.AddCommand(newCmdVolumeLs(a), newCmdVolumeInspect(a), newCmdVolumeRm(a))
	return c
}

// unknownSub is the usage error of a verb that has verbs of its own.
func unknownSub(c *cobra.Command, args []string, subs ...string) error {
	u := &usageError{cmd: c, msg: "which one: " + strings.Join(subs, ", ") + "?", paste: c.CommandPath() + " " + subs[0]}
	if len(args) > 0 {
		u.msg, u.paste = fmt.Sprintf("%q is not a verb of %s", args[0], c.Name()), "sandbox help "+c.Name()
		if near := nearest(args[0], subs); near != "" {
			u.paste = c.CommandPath() + " " + near
		}
	}
	return u
}

func newCmdVolumeLs(a *app) *cobra.Command {
	return listing[sandbox.VolumeInfo]{
		short:   "list all volumes of yours",
		long:    "Lists every volume of this user, of all projects, with its size and who has it.",
		example: "  sandbox volume ls\n  sandbox volume ls --json | jq -r '.[] | select(.usedBy == []) | .id'",
		header:  []string{"VOLUME", "SIZE", "AGE", "LAST USE", "PROJECT", "USED BY"},
		list: func(ctx context.Context) ([]sandbox.VolumeInfo, error) {
			engine, err := a.backend.data()
			if err != nil {
				return nil, err
			}
			return engine.Volumes(ctx)
		},
		row: func(v sandbox.VolumeInfo) []string {
			var users []string
			for _, u := range v.UsedBy {
				users = append(users, u.Sandbox)
			}
			return []string{v.ID, ui.Bytes(v.Size), ui.Age(time.Since(v.Made)), ui.Age(time.Since(v.Used)), a.short(v.Project), strings.Join(slices.Compact(users), ", ")}
		},
	}.command(a)
}

// volumeID takes NAME@PROJECT as it is; a bare name is this project's.
func (a *app) volumeID(word string) (string, error) {
	if strings.Contains(word, "@") {
		return word, nil
	}
	p, err := a.project()
	if err != nil {
		return "", err
	}
	return sandbox.VolumeID(p.Dir, word), nil
}

func newCmdVolumeInspect(a *app) *cobra.Command {
	c := &cobra.Command{
		Use:     "inspect [flags] VOLUME",
		Short:   "all that is known of a volume, as JSON",
		Long:    "Prints where a volume lies, its size and who has it, as one JSON object.",
		Example: "  sandbox volume inspect pgdata | jq -r .path",
		Args:    exactly(1, "VOLUME"),
		RunE: func(c *cobra.Command, args []string) error {
			id, err := a.volumeID(args[0])
			if err != nil {
				return err
			}
			engine, err := a.backend.data()
			if err != nil {
				return err
			}
			v, err := engine.Volume(c.Context(), id)
			if err != nil {
				return err
			}
			return ui.JSON(a.Out, v)
		},
	}
	c.Flags().Bool("json", true, "as JSON; always so")
	return c
}

func newCmdVolumeRm(a *app) *cobra.Command {
	var force bool
	c := &cobra.Command{
		Use:   "rm [flags] VOLUME...",
		Short: "delete volumes, with what is in them",
		Long: `Deletes volumes for good. One that a sandbox has is refused; --force deletes it all
the same where that sandbox is stopped, and it begins with an empty one again.`,
		Example: "  sandbox volume rm pgdata\n  sandbox volume rm pgdata@4f2a9c",
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return &usageError{cmd: c, msg: "which volume?", paste: "sandbox volume ls"}
			}
			return a.volumeRm(c.Context(), args, force)
		},
	}
	c.Flags().BoolVar(&force, "force", false, "also one that a stopped sandbox has")
	return c
}

func (a *app) volumeRm(ctx context.Context, words []string, force bool) error {
	engine, err := a.backend.data()
	if err != nil {
		return err
	}
	for _, word := range words {
		id, err := a.volumeID(word)
		if err != nil {
			return err
		}
		if err := engine.RemoveVolume(ctx, id, force); err != nil {
			return err
		}
		a.story.Event(spec.Event{Kind: "volume", Name: id, State: "ok", Detail: "removed"})
	}
	return nil
}
