package feature

import "strconv"

// InstallFrom is where the folder of a feature is mounted, read-only, while it is installed. It is in memory, as work is.
const InstallFrom = "/tmp/.sandbox-feature"

const work = "/tmp/dev-container-features/"

// User is the one whom a feature is installed for.
type User struct {
	Name     string
	UID, GID int
	Home     string
}

// Install is the command that installs the feature of that name, as root, and what it is told of the
// user, who is the container's as well.
func Install(id string, u User) (args, env []string) {
	name := "feature"
	if r, err := ParseReference(id); err == nil {
		name = r.ID()
	}
	return []string{"/bin/sh", "-c", install, "sh", work + name}, []string{
		"_REMOTE_USER=" + u.Name, "_CONTAINER_USER=" + u.Name, "_REMOTE_USER_HOME=" + u.Home, "_CONTAINER_USER_HOME=" + u.Home,
		"_SANDBOX_NAME=" + u.Name, "_SANDBOX_UID=" + strconv.Itoa(u.UID), "_SANDBOX_GID=" + strconv.Itoa(u.GID),
	}
}

// install runs a feature's script in a copy of its folder, which scripts write to.
// The user that the feature is for has a name by then, as it has in the sandbox.
const install = `set -e
umask 022
work=$1
if ! grep -q "^$_SANDBOX_NAME:[^:]*:$_SANDBOX_UID:" /etc/passwd 2>/dev/null; then
	shell=/bin/sh
	[ ! -x /bin/bash ] || shell=/bin/bash
	old=$(cat /etc/passwd 2>/dev/null || :)
	printf '%s:x:%s:%s::%s:%s\n%s\n' "$_SANDBOX_NAME" "$_SANDBOX_UID" "$_SANDBOX_GID" "$_REMOTE_USER_HOME" "$shell" "$old" > /etc/passwd
	grep -q "^[^:]*:[^:]*:$_SANDBOX_GID:" /etc/group 2>/dev/null || printf '%s:x:%s:\n' "$_SANDBOX_NAME" "$_SANDBOX_GID" >> /etc/group
fi
if [ -f /etc/shadow ] && ! grep -q "^$_SANDBOX_NAME:" /etc/shadow; then
	printf '%s:*:20000:0:99999:7:::\n' "$_SANDBOX_NAME" >> /etc/shadow
fi
[ -d "$_REMOTE_USER_HOME" ] || { mkdir -p "$_REMOTE_USER_HOME" && chown "$_SANDBOX_UID:$_SANDBOX_GID" "$_REMOTE_USER_HOME"; }
unset _SANDBOX_NAME _SANDBOX_UID _SANDBOX_GID
mkdir -p "$work"
cp -RP ` + InstallFrom + `/. "$work"
cd "$work"
chmod +x ` + Script + `
exec ./` + Script
