package cli

import (
	"strings"
	"time"

	"github.com/rootless-sandbox/sandbox/sandbox/watch"
)

// selfMade finds a command that changes what it waits for: each of its runs changes
// the same files, which begins the next one.
type selfMade struct {
	files  string    // of the latest batch
	begin  time.Time // of the run for it
	end    time.Time
	cut    bool // a change ended it
	rounds int
}

// selfRounds is how often that has to happen until it is told, once.
const selfRounds = 4

// Somebody who saves the same file again and again while a long command runs is not so fast. What we
// print ourselves, into a file of the project, comes shortly before the command begins.
const (
	selfSoon   = 500 * time.Millisecond
	selfBefore = 50 * time.Millisecond
)

// ended notes a run, which a change may have cut short. It answers the files when it is nearly certain.
func (s *selfMade) ended(b watch.Batch, begin, end time.Time, cut bool) string {
	files := filesOf(b)
	during := b.First.After(s.begin.Add(-selfBefore)) && b.First.Before(s.end.Add(watch.DefaultDebounce))
	soon := !s.cut || b.First.Sub(s.begin) < selfSoon
	if files != "" && files == s.files && during && soon {
		s.rounds++
	} else {
		s.rounds = 0
	}
	s.files, s.begin, s.end, s.cut = files, begin, end, cut
	if s.rounds == selfRounds {
		return files
	}
	return ""
}

// filesOf names some of the files of a batch.
func filesOf(b watch.Batch) string {
	const most = 3
	var names []string
	for i, c := range b.Changes {
		if i == most {
			names = append(names, "and more")
			break
		}
		names = append(names, c.Path)
	}
	return strings.Join(names, ", ")
}
