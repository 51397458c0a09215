package dockerfile

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
)

// maxPorts is more than an image names that means something: each is an entry of its configuration.
const maxPorts = 1 << 15

// expose notes ports, each by itself, with its protocol.
func (r *resolver) expose(c *instructions.ExposeCommand) error {
	if len(r.Config.Config.ExposedPorts) > maxPorts {
		return errors.New("EXPOSE: more ports than there are")
	}
	ports := cloneMap(r.Config.Config.ExposedPorts)
	var all []string
	for _, written := range c.Ports {
		words, err := r.words(written)
		if err != nil {
			return err
		}
		for _, word := range words {
			list, err := portRange(word)
			if err != nil {
				return err
			}
			all = append(all, list...)
		}
	}
	for _, p := range all {
		ports[p] = struct{}{}
	}
	slices.Sort(all)
	r.Config.Config.ExposedPorts = ports
	r.empty("EXPOSE " + strings.Join(all, " "))
	return nil
}

// portRange takes 80, 80/udp, 8000-8010/tcp apart. What stands in front of a
// colon is about a host, and means nothing here.
func portRange(word string) ([]string, error) {
	port, protocol, found := strings.Cut(word, "/")
	if !found {
		protocol = "tcp"
	}
	port = port[strings.LastIndexByte(port, ':')+1:]
	first, last, found := strings.Cut(port, "-")
	if !found {
		last = first
	}
	from, err := strconv.ParseUint(first, 10, 16)
	to, err2 := strconv.ParseUint(last, 10, 16)
	protocol = strings.ToLower(protocol)
	if err != nil || err2 != nil || from > to || !slices.Contains([]string{"tcp", "udp", "sctp"}, protocol) {
		return nil, fmt.Errorf("EXPOSE %s: not a port", printable(word))
	}
	var out []string
	for p := from; p <= to; p++ {
		out = append(out, strconv.FormatUint(p, 10)+"/"+protocol)
	}
	return out, nil
}
