#!/usr/bin/env bash
# One tour as one unprivileged user: fetch somebody else's Go module, run its
# whole test suite in a sandbox without a network, then try to get out.
#
# usage: tour.sh STAGE, where STAGE holds the programs sandbox and hostservice
set -euo pipefail

stage=$1
module=github.com/spf13/cobra
version=v1.10.2
PATH=$stage:$PATH

# check WORDS COMMAND... ends the demo unless the command succeeds.
check() {
  local words=$1
  shift
  if "$@" >"$work/check.log" 2>&1; then
    echo "  ok      $words"
    return
  fi
  echo "  FAILED  $words"
  sed 's/^/          /' "$work/check.log" | tail -n 30
  exit 1
}

# fails COMMAND... is for what must not work. 125 is a failure of sandbox
# itself, which would prove nothing.
fails() {
  local code=0
  "$@" || code=$?
  [ "$code" != 0 ] && [ "$code" != 125 ]
}

inside() { sandbox exec -T -- "$@"; }

work=$(mktemp -d "$HOME/sandbox-tour.XXXXXX")
started=()
finish() {
  [ ! -d "$work/cobra" ] || (cd "$work/cobra" && sandbox rm >/dev/null 2>&1) || true
  for pid in "${started[@]}"; do
    kill "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
  done
  chmod -R u+w "$work" && rm -rf "$work"
}
trap finish EXIT

echo "== $(id -un), uid $(id -u), $(grep -q "^$(id -un):" /etc/subuid 2>/dev/null && echo "with a subordinate id range" || echo "one id only")"

echo "fetching $module $version"
# The module cache goes into the project: HOME inside is private and empty.
export GOMODCACHE=$work/modules GOFLAGS=-mod=mod
source=$(cd "$work" && go mod download -json "$module@$version" | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p')
cp -R "$source" "$work/cobra"
chmod -R u+w "$work/cobra"
cd "$work/cobra"
go mod download
go list -deps -test ./... >/dev/null # what only the tests need
mv "$GOMODCACHE" .gomodcache         # a name with a dot is no package of ./...
unset GOMODCACHE GOFLAGS
project=$PWD

# Go itself is inside because /usr is. Where it lives elsewhere it is mounted,
# and --trust says that this is meant.
goroot=$(go env GOROOT)
case $goroot in
  /usr/* | /opt/*) ;;
  *) printf 'version: 1\nmounts:\n  - {type: bind, source: "%s", target: "%s", readonly: true}\n' "$goroot" "$goroot" >.sandbox.yaml ;;
esac

echo "sandbox up"
sandbox up --trust --network none
echo "sandbox exec -- go test ./..."
sandbox exec -T -e GOMODCACHE="$project/.gomodcache" -e GOFLAGS=-mod=mod -e GOPROXY=off -e GOTOOLCHAIN=local \
  -- "$goroot/bin/go" test ./... 2>&1 | sed 's/^/  /'

echo "what is made inside belongs to you outside"
check "a file is made inside" inside touch made-inside
check "its owner on the host is $(id -un)" test "$(stat -c %u made-inside)" = "$(id -u)"
check "another one is made by root inside" sandbox exec -T --root -- touch made-by-root
check "its owner on the host is $(id -un) too" test "$(stat -c %u made-by-root)" = "$(id -u)"

echo "what is not the project's stays out of reach"
secret=$HOME/sandbox-tour-secret.$$
echo "do not read me" >"$secret"
check "your HOME: the secret is there" grep -q "do not" "$secret"
check "your HOME: not inside, not even for root there" fails sandbox exec -T --root -- cat "$secret"
rm -f "$secret"

sleep 600 &
started+=($!)
check "processes: $! runs on the host" kill -0 $!
check "processes: it cannot be signalled from inside" fails sandbox exec -T --root -- sh -c "kill -0 $!"
count=$(inside sh -c 'set -- /proc/[0-9]*; echo $#')
check "processes: $count to be seen inside" test "$count" -lt 10

coproc SERVICE { exec hostservice; }
# shellcheck disable=SC2153 # coproc sets SERVICE_PID
started+=("$SERVICE_PID")
read -r port <&"${SERVICE[0]}"
reach="exec 3<>/dev/tcp/127.0.0.1/$port && read -r line <&3 && test \"\$line\" = hello"
check "loopback: port $port answers on the host" bash -c "$reach"
check "loopback: it is not reached from inside" fails inside bash -c "$reach"

echo "sandbox down; sandbox rm"
sandbox down
sandbox rm
left_mounts() { grep -lF "$project" /proc/[0-9]*/mountinfo 2>/dev/null; }
left_files() { find "${XDG_DATA_HOME:-$HOME/.local/share}/sandbox/sandboxes" -mindepth 1 2>/dev/null | grep .; }
check "no process and no mount is left" fails left_mounts
check "no file of the sandbox is left" fails left_files
check "the project is as it was, with the two files that we made" test -f go.mod -a -f made-inside -a -f made-by-root
