//go:build !amd64 && !arm64

package seccomp

func defaultProgram() []Instruction { return nil }
func defaultGrants() [0]grant       { return [0]grant{} }
func emulationGrants() [0]grant     { return [0]grant{} }
func fakeGrants() [0]grant          { return [0]grant{} }
func rootEmulation() []Instruction  { return nil }
func fakeRoot() []Instruction       { return nil }
