#!/usr/bin/env bash
# The benchmarks as an unprivileged user: the caller, or as root two users made
# for it, one with a subordinate id range and one without.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/users.sh
. scripts/users.sh

if [ "$(id -u)" != 0 ]; then
  exec go run ./bench "$@"
fi

stage=$(mktemp -d "${TMPDIR:-/tmp}/sandbox-bench.XXXXXX")
finish() {
  remove_made_users
  rm -rf "$stage"
}
trap finish EXIT
chmod 755 "$stage"
install -m 755 bin/sandbox "$stage"
CGO_ENABLED=0 go build -o "$stage/bench" ./bench

ensure newuidmap uidmap
make_user sandbox-bench range
make_user sandbox-bench-single single
missed=0
echo "== a user with an id range"
as_user sandbox-bench "$stage/bench" -sandbox "$stage/sandbox" "$@" || missed=1
echo
echo "== a user with one id"
as_user sandbox-bench-single "$stage/bench" -sandbox "$stage/sandbox" -single -only run-host "$@" || missed=1
[ "$missed" = 0 ]
