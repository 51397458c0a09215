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
	rounds int
}

// selfRounds is how often that has to happen until it is told, once.
const selfRounds = 4

// ended notes a run. It answers the files when it is certain.
func (s *selfMade) ended(b watch.Batch, begin, end time.Time) string {
	files := filesOf(b)
	during := b.First.After(s.begin) && b.First.Before(s.end.Add(watch.DefaultDebounce))
	if files != "" && files == s.files && during {
		s.rounds++
	} else {
		s.rounds = 0
	}
	s.files, s.begin, s.end = files, begin, end
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
