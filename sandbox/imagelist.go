package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	v1 "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/rootless-sandbox/sandbox/sandbox/image/local"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
	"github.com/rootless-sandbox/sandbox/sandbox/store"
)

// ImageInfo is what `image ls` and `image inspect` show.
type ImageInfo struct {
	Name   string    `json:"name"`
	Digest string    `json:"digest"`
	Pulled time.Time `json:"pulled"`
	Size   int64     `json:"size"`   // bytes of file contents in all layers, as far as they are unpacked
	Unique int64     `json:"unique"` // the part that no other image has
	Layers []string  `json:"layers"` // diffIDs, the lowest first
	UsedBy []string  `json:"usedBy"` // names of sandboxes
	Config *v1.Image `json:"config,omitempty"`
}

// ErrNoImage: no image of that name is kept here.
var ErrNoImage = errors.New("no such image here")

// Pull asks the source of an image, also when the image is here already, and
// unpacks it for the user of s.
func (e *Engine) Pull(ctx context.Context, s spec.Spec, emit func(spec.Event)) (ImageInfo, error) {
	i := s.Image
	if err := unpackable(&i); err != nil {
		return ImageInfo{}, &ImageError{Ref: i.Ref, Err: err}
	}
	if i.Kind == spec.ImageTar {
		return ImageInfo{}, &ImageError{Ref: i.Ref, Err: errors.New("it is a file of this machine, unpacked when it is used")}
	}
	b, err := e.images(emit).Ensure(ctx, i, caller(s.IDs).Map(s.User.UID, s.User.GID), local.Always)
	if err != nil {
		return ImageInfo{}, &ImageError{Ref: i.Ref, Err: err}
	}
	defer b.Release()
	return e.Image(ctx, b.Image.Name)
}

// unpackable refuses what is no image of layers but a directory as it is.
func unpackable(i *spec.Image) error {
	if i.Kind == spec.ImageDir {
		if err := local.CheckRootfs(i); err != nil {
			return err
		}
	}
	if i.Kind == spec.ImageHost || i.Kind == spec.ImageDir {
		return errors.New("it is a directory of this machine, not an image")
	}
	return nil
}

// Images lists the images that are kept, by name.
func (e *Engine) Images(ctx context.Context) ([]ImageInfo, error) {
	kept, err := e.store.Images()
	if err != nil {
		return nil, err
	}
	sizes, err := e.layerSizes()
	if err != nil {
		return nil, err
	}
	used, err := e.imageUsers(ctx)
	if err != nil {
		return nil, err
	}
	owners := map[string]int{}
	for _, i := range kept {
		for _, id := range diffIDs(i) {
			owners[id]++
		}
	}
	out := make([]ImageInfo, 0, len(kept))
	for _, i := range kept {
		info := ImageInfo{Name: i.Name, Digest: i.Digest, Pulled: i.Pulled, Layers: diffIDs(i), UsedBy: append([]string{}, used[i.Name]...)}
		for _, id := range info.Layers {
			info.Size += sizes[id]
			if owners[id] == 1 {
				info.Unique += sizes[id]
			}
		}
		out = append(out, info)
	}
	slices.SortFunc(out, func(a, b ImageInfo) int { return strings.Compare(a.Name, b.Name) })
	return out, nil
}

// Image is one image with its configuration: ErrNoImage.
func (e *Engine) Image(ctx context.Context, name string) (ImageInfo, error) {
	kept, err := e.store.ReadImage(name)
	if errors.Is(err, fs.ErrNotExist) {
		return ImageInfo{}, fmt.Errorf("image %s: %w", name, ErrNoImage)
	}
	if err != nil {
		return ImageInfo{}, err
	}
	all, err := e.Images(ctx)
	if err != nil {
		return ImageInfo{}, err
	}
	at := slices.IndexFunc(all, func(i ImageInfo) bool { return i.Name == name })
	if at < 0 {
		return ImageInfo{}, fmt.Errorf("image %s: %w", name, ErrNoImage)
	}
	if len(kept.Config) > 0 {
		all[at].Config = &v1.Image{}
		if err := json.Unmarshal(kept.Config, all[at].Config); err != nil {
			return ImageInfo{}, fmt.Errorf("image %s: %w", name, err)
		}
	}
	return all[at], nil
}

// FindImage is the name of an image that is here, by a name or by the beginning of its
// digest, as `image ls` shows both: ErrNoImage. Of several names the first is answered.
func (e *Engine) FindImage(name, digest string) (string, error) {
	if _, err := e.store.ReadImage(name); !errors.Is(err, fs.ErrNotExist) {
		return name, err
	}
	kept, err := e.store.Images()
	if err != nil {
		return "", err
	}
	var found store.Image
	for _, i := range kept {
		if !digestBegins(i.Digest, digest) {
			continue
		}
		if found.Digest != "" && found.Digest != i.Digest {
			return "", fmt.Errorf("image %s: several digests begin like that", digest)
		}
		if found.Name == "" || i.Name < found.Name {
			found = i
		}
	}
	if found.Name == "" {
		return "", fmt.Errorf("image %s: %w", name, ErrNoImage)
	}
	return found.Name, nil
}

// shortestDigest is how much of a digest has to be said.
const shortestDigest = 6

func digestBegins(digest, with string) bool {
	with = strings.TrimPrefix(with, "sha256:")
	_, hex, _ := strings.Cut(digest, ":")
	return len(with) >= shortestDigest && strings.HasPrefix(hex, with)
}

// TagImage gives an image one more name. A tag wins over what a registry has under it.
func (e *Engine) TagImage(_ context.Context, from, to string) error {
	kept, err := e.store.ReadImage(from)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("image %s: %w", from, ErrNoImage)
	}
	if err != nil {
		return err
	}
	kept.Name, kept.Stamp = to, ""
	return e.store.WriteImage(kept)
}

// RemoveImage forgets a name, and removes the layers that nothing else needs.
func (e *Engine) RemoveImage(ctx context.Context, name string) (freed int64, err error) {
	if err := e.store.RemoveImage(name); errors.Is(err, fs.ErrNotExist) {
		return 0, fmt.Errorf("image %s: %w", name, ErrNoImage)
	} else if err != nil {
		return 0, err
	}
	report, err := e.Prune(ctx, PruneOptions{})
	return report.Bytes, err
}

// layerSizes are the bytes of each layer, under whatever mapping.
func (e *Engine) layerSizes() (map[string]int64, error) {
	keys, err := e.store.Layers()
	if err != nil {
		return nil, err
	}
	sizes := map[string]int64{}
	for _, key := range keys {
		l, err := e.store.HaveLayer(key)
		if err != nil {
			continue // being removed
		}
		id, _ := store.SplitLayerKey(key)
		sizes[id] = max(sizes[id], l.Size)
	}
	return sizes, nil
}

// imageUsers are the sandboxes made of each image.
func (e *Engine) imageUsers(ctx context.Context) (map[string][]string, error) {
	list, err := e.List(ctx)
	if err != nil {
		return nil, err
	}
	used := map[string][]string{}
	for _, i := range list {
		if st, err := e.store.ReadState(i.ID); err == nil && st.Spec.Image.Name != "" {
			used[st.Spec.Image.Name] = append(used[st.Spec.Image.Name], i.Name)
		}
	}
	return used, nil
}

func diffIDs(i store.Image) []string {
	out := make([]string, 0, len(i.Layers))
	for _, l := range i.Layers {
		out = append(out, l.DiffID.String())
	}
	return out
}
