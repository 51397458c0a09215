package main

// Return values of a filter (linux/seccomp.h).
const (
	retKillProcess = 0x80000000
	retErrno       = 0x00050000
	retAllow       = 0x7fff0000

	retSuccess = retErrno // error number 0: the call is not made and answers 0
	retEPERM   = retErrno | 1
	retENOSYS  = retErrno | 38
)

// verdict is what the filter answers to one system call.
type verdict struct {
	ret     uint32   // the answer, if inspect is nil
	inspect *inspect // the answer depends on an argument
	grant   uint64   // capabilities any of which turns the answer into allow
}

// plain reports whether the answer is the same always.
func (v verdict) plain() bool { return v.inspect == nil && v.grant == 0 }

// inspect is a decision by the lower half of one argument.
type inspect struct {
	arg      int
	wide     bool      // the whole argument counts: an upper half other than 0 answers otherwise
	other    uint32    // the answer then
	mask     uint32    // look at these bits only; 0 is all
	segments []segment // answers by value
}

// segment is the verdict on the values from from up to the next segment.
type segment struct {
	from    uint32
	verdict verdict
}
