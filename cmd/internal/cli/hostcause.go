package cli

import (
	"strings"
	"syscall"
)

// hostCause is the one setting of this machine that explains why namespaces
// are refused. It is looked for only after a refusal.
type hostCause struct {
	text string
	own  string // its own code; empty: the code of the refusal
	fix  []hint
}

// refused reports whether an error is one by which a kernel or a security module
// says no. Others have causes of their own, and a setting would not help.
func refused(text string) bool {
	for _, no := range []error{syscall.EPERM, syscall.EACCES, syscall.ENOSPC, syscall.EUSERS, syscall.EINVAL, syscall.ENOSYS} {
		if strings.Contains(text, no.Error()) {
			return true
		}
	}
	return false
}

func (c *hostCause) code(otherwise string) string {
	if c.own != "" {
		return c.own
	}
	return otherwise
}

// sysctl reads a kernel setting by its dotted name; empty when there is none.
func (a *app) sysctl(name string) string {
	b, err := a.world.readFile("/proc/sys/" + strings.ReplaceAll(name, ".", "/"))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}

func (a *app) hostCause() *hostCause {
	if a.world.getenv("SANDBOX") == "1" {
		return &hostCause{text: "inside a sandbox", own: "SBX0004", fix: []hint{
			{"exit", "leaves this sandbox"},
			{"security: {nested: true}", "in the .sandbox.yaml of this one, which then may hold others"},
		}}
	}
	for _, off := range []struct{ name, bad, good string }{
		{"user.max_user_namespaces", "0", "28633"},
		{"user.max_mnt_namespaces", "0", "28633"},
		{"user.max_net_namespaces", "0", "28633"},
		{"kernel.unprivileged_userns_clone", "0", "1"},
	} {
		if a.sysctl(off.name) == off.bad {
			return &hostCause{text: off.name + "=" + off.bad, own: "SBX0102", fix: []hint{setSysctl(off.name, off.good)}}
		}
	}
	if c := a.containerCause(); c != nil {
		return c
	}
	const apparmor = "kernel.apparmor_restrict_unprivileged_userns"
	if a.sysctl(apparmor) == "1" {
		return &hostCause{text: apparmor + "=1", own: "SBX0103", fix: []hint{
			{"sandbox doctor --print-apparmor | sudo tee /etc/apparmor.d/sandbox && sudo apparmor_parser -r /etc/apparmor.d/sandbox",
				"once; allows this program alone"},
			setSysctl(apparmor, "0"),
		}}
	}
	return nil
}

// containerCause knows the engines that hold namespaces back from what runs in
// their containers.
func (a *app) containerCause() *hostCause {
	switch {
	case a.world.getenv("KUBERNETES_SERVICE_HOST") != "":
		return &hostCause{text: "inside a Kubernetes pod", own: "SBX0104", fix: []hint{
			{"hostUsers: false", "in the pod's spec"},
			{"securityContext: {procMount: Unmasked}", "in the container's spec"},
		}}
	case a.exists("/.dockerenv"):
		return &hostCause{text: "inside a Docker container", own: "SBX0104", fix: []hint{containerRun("docker")}}
	case a.exists("/run/.containerenv"):
		return &hostCause{text: "inside a Podman container", own: "SBX0104", fix: []hint{containerRun("podman")}}
	}
	return nil
}

func (a *app) exists(file string) bool {
	_, err := a.world.readFile(file)
	return err == nil
}

func containerRun(engine string) hint {
	unmask := "systempaths=unconfined"
	if engine == "podman" {
		unmask = "unmask=ALL"
	}
	return hint{engine + " run --security-opt seccomp=unconfined --security-opt apparmor=unconfined --security-opt " +
		unmask + " IMAGE", "the options that the outer container needs"}
}

func setSysctl(name, value string) hint {
	return hint{"echo " + name + "=" + value + " | sudo tee /etc/sysctl.d/90-sandbox.conf && sudo sysctl --system",
		"once; allows every program"}
}
