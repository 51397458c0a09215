// Package userns starts a process in Linux namespaces of its own, without root,
// and builds its file system. It answers: how does an unprivileged user get a
// container?
//
// Start, on the host, and Enter, in the new process, talk over two pipes:
//
//	parent (Start)                        child (Enter)
//	clone(NEWUSER|NEWNS|NEWPID|...)  -->  exec of our own binary under another argv[0]
//	newuidmap, newgidmap                  the Go runtime starts meanwhile
//	launch pipe: Launch, EOF         -->  reads it; the id maps exist from here on
//	                                      becomes the namespace's root, mounts, pivot_root
//	Stdio.Networked                  <--  status pipe: a line break, where there is a Launch.Net
//	reads until EOF                  <--  status pipe: Report as JSON, EOF
//
// Until the launch arrives the child does nothing, so that it never acts under
// an id that is not mapped yet. A child that dies early closes the status pipe
// without a report.
package userns
