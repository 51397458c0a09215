#!/usr/bin/env bash
# The program on a real project, with every promise checked: see tour.sh for
# what is shown. Needs go, git and make.
#
# As an ordinary user it runs once, with what the machine gives that user. As
# root it makes two unprivileged users, one with a subordinate id range and one
# without, runs once as each, and removes them.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/users.sh
. scripts/users.sh

for tool in go git; do
  command -v "$tool" >/dev/null || { echo "error: $tool is needed and missing" >&2; exit 1; }
done
[ -x bin/sandbox ] || { echo "error: no bin/sandbox: make build" >&2; exit 1; }

stage=$(mktemp -d "${TMPDIR:-/tmp}/sandbox-demo.XXXXXX")
finish() {
  remove_made_users
  rm -rf "$stage"
}
trap finish EXIT
chmod 755 "$stage"

# Other users may not be able to read this directory: what they run is staged.
install -m 755 bin/sandbox scripts/tour.sh "$stage"
CGO_ENABLED=0 go build -o "$stage/hostservice" ./scripts/hostservice

if [ "$(id -u)" != 0 ]; then
  ensure newuidmap uidmap || echo "going on with one id"
  bash "$stage/tour.sh" "$stage"
  exit
fi

ensure newuidmap uidmap || echo "going on: the first user will have one id too"
make_user sandbox-demo range
make_user sandbox-demo-single single
for user in sandbox-demo sandbox-demo-single; do
  echo
  as_user "$user" bash "$stage/tour.sh" "$stage"
  mapfile -t left < <(processes_of "$user")
  if [ ${#left[@]} != 0 ]; then
    echo "FAILED  processes of $user are left:" >&2
    describe "${left[@]}" >&2
    exit 1
  fi
done
echo
echo "demo: everything held, with an id range and without"
