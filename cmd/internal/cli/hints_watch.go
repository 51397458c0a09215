package cli

import (
	"errors"
	"fmt"

	"github.com/rootless-sandbox/sandbox/sandbox/watch"
)

// watchHints knows what keeps a tree from being watched.
func (a *app) watchHints(err error) []diagnosis {
	var limit *watch.LimitError
	var root *watch.RootError
	switch {
	case errors.As(err, &limit):
		return one(diagnosis{Code: "SBX0111", Hints: []hint{
			{fmt.Sprintf("sudo sysctl %s=%d", limit.Sysctl, limit.Enough()), "with admin rights; a line in /etc/sysctl.d makes it last"},
			{a.again("--poll"), "without: looks at all files again and again"},
		}})
	case errors.As(err, &root):
		return one(diagnosis{Code: "SBX0203", Hints: []hint{{"ls -ld " + quote(root.Root), "a directory that can be read is needed"}}})
	}
	return nil
}
