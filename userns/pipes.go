package userns

import "os"

// pipes are the two of a launch.
type pipes struct{ launchR, launchW, statusR, statusW *os.File }

func newPipes() (*pipes, error) {
	p := &pipes{}
	var err error
	if p.launchR, p.launchW, err = os.Pipe(); err != nil {
		return nil, err
	}
	if p.statusR, p.statusW, err = os.Pipe(); err != nil {
		p.close()
		return nil, err
	}
	return p, nil
}

// closeChildEnds leaves the child's ends to the child, so that its death reads as end of file.
func (p *pipes) closeChildEnds() {
	_ = p.launchR.Close()
	_ = p.statusW.Close()
}

// close closes whatever is still open; a second close of an end is harmless.
func (p *pipes) close() {
	for _, f := range []*os.File{p.launchR, p.launchW, p.statusR, p.statusW} {
		if f != nil {
			_ = f.Close()
		}
	}
}
