package sandbox

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"github.com/rootless-sandbox/sandbox/sandbox/image/archive"
	"github.com/rootless-sandbox/sandbox/sandbox/image/local"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

// nameOrMake is nameUser for a user that a feature may be about to make, as
// common-utils does: it gets the first free id from 1000 on, as useradd(8) gives it.
func nameOrMake(s *spec.Spec, roots ...string) error {
	err := nameUser(s, roots...)
	var missing *UserError
	if !errors.As(err, &missing) || len(s.Image.Features) == 0 {
		return err
	}
	if _, nerr := strconv.Atoi(s.User.Asked); nerr == nil {
		return err
	}
	taken := ""
	for _, root := range roots {
		for _, file := range []string{"etc/passwd", "etc/group"} {
			text, err := archive.ReadFile(root, file)
			if err != nil {
				return &ImageError{Ref: s.Image.Ref, Err: err}
			}
			taken += text + "\n"
		}
	}
	id := 1000
	for strings.Contains(taken, ":"+strconv.Itoa(id)+":") {
		id++
	}
	s.User.Name, s.User.UID, s.User.GID, s.User.Home = s.User.Asked, id, id, "/home/"+s.User.Asked
	return nil
}

// withFeatures adds the features to a base. A feature may give the sandbox's user another
// id than was thought: then the files on disk are those of the wrong owner, and all of it
// is to be made again.
func (e *Engine) withFeatures(ctx context.Context, images *local.Images, b *local.Base, p *prepared, emit func(spec.Event)) (again bool, err error) {
	if err := e.addFeatures(ctx, images, b, p, emit); err != nil || p.spec.User.Mode != spec.UserName || len(p.spec.Image.Features) == 0 {
		return false, err
	}
	s := p.spec
	if err := nameUser(&s, b.Dirs...); err != nil {
		return false, err
	}
	again = s.User.UID != p.spec.User.UID || s.User.GID != p.spec.User.GID
	p.spec.User = s.User
	return again, nil
}
