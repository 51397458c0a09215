package agent

import (
	"syscall"
	"time"
)

// checkGit looks at the project's repository when a command has ended, and undoes
// what would have git outside run something.
func (a *agent) checkGit() []string {
	if a.config.Git == nil {
		return nil
	}
	a.checking.Lock()
	defer a.checking.Unlock()
	return a.config.Git.Check()
}

// checkGitLast does so when nobody is left who could do it again.
func (a *agent) checkGitLast() {
	if a.config.Git == nil {
		return
	}
	for end := time.Now().Add(time.Second); len(a.others()) > 0 && time.Now().Before(end); time.Sleep(time.Millisecond) {
		_ = syscall.Kill(-1, syscall.SIGKILL) // all but this process, see kill(2)
	}
	a.checkGit()
}
