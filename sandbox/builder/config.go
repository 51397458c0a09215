package builder

import (
	"encoding/json"
	"runtime"
	"slices"
	"time"

	"github.com/opencontainers/go-digest"
	v1 "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/rootless-sandbox/sandbox/sandbox/image"
	"github.com/rootless-sandbox/sandbox/sandbox/image/dockerfile"
	"github.com/rootless-sandbox/sandbox/sandbox/store"
)

// finished is the image that the stage comes to.
func (s *stage) finished() (store.Image, error) {
	c := s.config()
	c.History = s.history()
	c.OS, c.Architecture = "linux", s.archOf()
	c.RootFS.Type, c.RootFS.DiffIDs = "layers", nil
	have := store.Image{}
	var newest time.Time
	for n, id := range s.ids {
		c.RootFS.DiffIDs = append(c.RootFS.DiffIDs, digest.Digest(id))
		have.Layers = append(have.Layers, image.Layer{DiffID: digest.Digest(id)})
		if s.times[n].After(newest) {
			newest = s.times[n]
		}
	}
	c.Created = &newest
	return have, setConfig(&have, c)
}

func (s *stage) archOf() string {
	if s.base != nil && s.base.config.Architecture != "" {
		return s.base.config.Architecture
	}
	return runtime.GOARCH
}

// history is the base's and the stage's own. The times are those of the layers.
func (s *stage) history() []v1.History {
	var out []v1.History
	switch {
	case s.parent != nil:
		out = s.parent.history()
	case s.base != nil:
		out = slices.Clone(s.base.config.History)
		if layersIn(out) != len(s.base.layers) { // an image without one, or with another's
			out = make([]v1.History, len(s.base.layers))
			for i := range out {
				out[i].CreatedBy = s.plan.Text
			}
		}
	}
	at := len(s.ids) - len(s.keys)
	for _, h := range s.result.History {
		h.Comment = "sandbox"
		if !h.EmptyLayer && at < len(s.times) {
			h.Created = &s.times[at]
			at++
		}
		out = append(out, h)
	}
	return out
}

func layersIn(list []v1.History) (n int) {
	for _, h := range list {
		if !h.EmptyLayer {
			n++
		}
	}
	return n
}

// setConfig gives an image its configuration and, by that, its digest.
func setConfig(i *store.Image, c dockerfile.Config) error {
	text, err := json.Marshal(c)
	i.Config, i.Digest = text, digest.FromBytes(text).String()
	return err
}
