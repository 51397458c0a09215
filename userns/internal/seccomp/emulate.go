package seccomp

// RootEmulation gives a program that lets package managers believe they are root
// where only one id is mapped: capset and all calls that change an owner or an id
// answer success without acting, as do mknod and mknodat for block and character
// devices. Every other call is allowed, so the program protects nothing and may be
// installed together with Default: the stricter answer wins, and to the kernel a
// success without acting is stricter than to allow (seccomp(2), SECCOMP_RET_ERRNO).
//
// What it cannot do: stat still shows the real owner, and a program that reads its
// ids back after changing them sees the old ones.
//
// Install it after the last real change of ids and capabilities: from then on they
// are pretended for the one who installs it too.
//
// The program is empty on an architecture without one. The caller owns it.
func RootEmulation() []Instruction { return rootEmulation() }

// RootEmulationNested is RootEmulation for who may make user namespaces: there capset acts.
func RootEmulationNested() []Instruction {
	grants := emulationGrants()
	return grantAll(rootEmulation(), grants[:], Nested)
}

// FakeRoot gives RootEmulation for a process whose ids inside are not 0: getuid, geteuid,
// getgid and getegid answer 0 too. getresuid and getresgid write to memory, which a
// filter cannot, and tell the truth.
func FakeRoot() []Instruction { return fakeRoot() }

// FakeRootNested is FakeRoot, as RootEmulationNested is RootEmulation.
func FakeRootNested() []Instruction {
	grants := fakeGrants()
	return grantAll(fakeRoot(), grants[:], Nested)
}
