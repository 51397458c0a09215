// Package watch answers: which files of a tree changed, and when is it time to do
// something about it?
//
// One Watcher serves any number of rules over one tree:
//
//	events of the kernel (or differences between two looks, see poll.go)
//	  -> per rule: a filter of names, see filter.go
//	  -> per rule: what has come together, see pending.go, until it is time, see timing.go
//	  -> a Batch
//
// Everything happens in the one goroutine of Run. Symbolic links are not followed.
package watch
