#!/usr/bin/env bash
# Everything that has to hold before a change is taken: format, vet, lint, and
# the whole test suite. The closing line reads `N passed, N failed`.
#
# As an ordinary user the suite runs once, and what this machine lacks is
# skipped. As root it runs as two unprivileged users made for it, one with a
# subordinate id range and one without; there, nothing may be skipped, and
# nothing may be left: no mount, no process, no file.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/users.sh
. scripts/users.sh

stage=$(mktemp -d "${TMPDIR:-/tmp}/sandbox-ci.XXXXXX")
chmod 755 "$stage"
finish() {
  remove_made_users
  chmod -R u+w "$stage" # a module cache is read-only
  rm -rf "$stage"
}
trap finish EXIT
touch "$stage/totals" "$stage/ran" "$stage/skipped"

# verdict GOOD WORDS counts one check beside the tests.
verdict() {
  if "$1"; then
    echo "1 0" >>"$stage/totals"
  else
    echo "FAILED: $2"
    echo "0 1" >>"$stage/totals"
  fi
}

static_checks() {
  formatted() { ! gofmt -l . 2>&1 | grep .; }
  vetted() { CGO_ENABLED=0 go vet -trimpath ./...; }
  linted() { golangci-lint run && golangci-lint run --build-tags core ./cmd/... ./sandbox/...; }
  built() { make --no-print-directory build; }
  verdict built "make build"
  verdict formatted "gofmt -l"
  verdict vetted "go vet"
  if command -v golangci-lint >/dev/null; then
    verdict linted "golangci-lint run"
  else
    echo "golangci-lint is not here: not run"
  fi
}

# The race detector brings C into the test binary, and the program is built
# without C: the suite runs both ways where there is a C compiler.
can_race() { command -v "$(go env CC)" >/dev/null; }
no_symbols="-ldflags=-s -w" # test binaries are copied and packed, as the program
no_sleep=atexit_sleep_ms=0 # each process waits for a second at its end otherwise

# suite NAME MAY_SKIP RUNNER... runs `go test` by way of RUNNER and counts. A
# skipped test is a failure unless it asks for one of the features MAY_SKIP.
suite() {
  local name=$1 may_skip=$2 counted
  shift 2
  echo "== suite $name, after $SECONDS s"
  counted=$(wc -l <"$stage/totals")
  "$@" 2>&1 | "$stage/summary" -suite "$name" -may-skip "$may_skip" \
    -totals "$stage/totals" -ran "$stage/ran" -skipped "$stage/skipped" || true
  [ "$(wc -l <"$stage/totals")" -gt "$counted" ] || echo "0 1" >>"$stage/totals"
}

# every_test_ran: what one user cannot run, another one has to.
every_test_ran() {
  ! comm -23 <(sort -u "$stage/skipped") <(sort -u "$stage/ran") | grep .
}

# stage_tree puts the sources and the modules where every user can read them.
stage_tree() {
  go mod download
  mkdir "$stage/tree" "$stage/modules"
  git ls-files --cached --others --exclude-standard -z |
    while IFS= read -r -d '' file; do [ ! -e "$file" ] || printf '%s\0' "$file"; done |
    tar --null -T - -cf - | tar -xf - -C "$stage/tree"
  (cd "$stage/tree" && GOPROXY=file://$(go env GOMODCACHE)/cache/download GOSUMDB=off \
    GOMODCACHE=$stage/modules GOFLAGS=-modcacherw go mod download)
  chmod -R a+rX,go-w "$stage/tree" "$stage/modules"
}

# What compiles once as root is in every user's cache from the start: with -trimpath it
# does not matter where it stood, and what was built and vetted before is there already.
warm_cache() {
  (
    cd "$stage/tree"
    export GOMODCACHE=$stage/modules GOPROXY=off
    CGO_ENABLED=0 go list -trimpath -test -deps -export ./...
    ! can_race || CGO_ENABLED=1 go list -trimpath -race -test -deps -export ./...
  ) >/dev/null 2>&1 || true # what does not compile is told by the suites
}

at_once='parallel|many_at_once|^(life|network|ports|services|test_(repeat|matrix|services|timeout|keep)|watch|up_changed|volumes|pipes|devcontainer_(compose|waitfor|services))'
of_root='root|system|^(build|doctor|exec|image|inside|life|limits|mounts|network|ownership|plain|ports|run|security|services|test_(keep|pristine|shuffle)|trust|up|volumes|watch)(_|$)|features_refused|devcontainer_(build|users|trust)'

# suite_as USER NAME MUST MAY_SKIP [ARG...] runs the suite as that user, who is
# promised the features MUST, and looks for what it left.
suite_as() {
  local user=$1 name=$2 must=$3 may_skip=$4 dir cgo mounts_before
  shift 4
  case " $* " in *" -race "*) cgo=1 ;; *) cgo=0 ;; esac
  dir=$stage/$name
  mkdir -p "$dir/tmp"
  cp -R "$stage/cache" "$dir/cache"
  chown -R "$user:" "$dir"
  also_env=(TMPDIR="$dir/tmp" GOCACHE="$dir/cache" GOMODCACHE="$stage/modules"
    GOPROXY=off GOFLAGS= CGO_ENABLED="$cgo" GORACE="$no_sleep" SANDBOX_TEST_MUST="$must")
  # The archive of this machine's apt sources is asked once: an image takes half a gigabyte.
  case ,$must, in *,archive,*) also_env+=(SANDBOX_TEST_APT=trixie) ;; esac
  # With the race detector the program takes ten times as long to start: of its stories those in which things happen at once.
  case $name in *-race) also_env+=(SANDBOX_TEST_STORIES="$at_once") ;; root) also_env+=(SANDBOX_TEST_STORIES="$of_root") ;; esac
  case $name in single) also_env+=(SANDBOX_TEST_TEMPLATES="go python postgres-app") ;; esac # where it matters
  mounts_before=$(mounts)
  suite "$name" "$may_skip" as_user "$user" env -C "$stage/tree" \
    go test -trimpath "$no_symbols" -json -count=1 -timeout 15m "$@"
  also_env=()

  no_process() { ! processes_left "$user" "$dir" | grep .; }
  no_mount() { diff <(echo "$mounts_before") <(mounts); }
  no_file() { ! files_left "$user" "$dir" | grep .; }
  verdict no_process "suite $name left processes"
  verdict no_mount "suite $name left mounts"
  verdict no_file "suite $name left files"
}

# program_runs USER: the program as it is built, with what it carries: the first
# process, and the whole program, which unpacks archives.
program_runs() {
  local user=$1 dir=$stage/program-$1 sum
  mkdir -p "$dir"
  install -m 755 bin/sandbox "$dir"
  chown -R "$user:" "$dir"
  sum=$(cut -c1-16 sandbox/internal/carried/files/agent.sum)
  also_env=(SANDBOX_DATA_DIR="$dir/data" SANDBOX_RUNTIME_DIR="$dir/run")
  carried() {
    as_user "$user" env -C "$dir" ./sandbox run -- true && [ "$(sha256sum "$dir/data/agent-$sum" | cut -c1-16)" = "$sum" ]
  }
  unpacks() {
    mkdir -p "$dir/root/bin" && cp bin/sandbox "$dir/root/bin" && ln -f "$dir/root/bin/sandbox" "$dir/root/bin/sh" &&
      tar -C "$dir/root" -cf "$dir/root.tar" . && chmod 644 "$dir/root.tar" &&
      as_user "$user" env -C "$dir" ./sandbox run --image "rootfs:$dir/root.tar" -- /bin/sandbox version &&
      ls "$dir"/data/program-* && as_user "$user" env -C "$dir" ./sandbox prune --all
  }
  # The monitor, which stays, is the small program that is made for it.
  monitored() {
    local served=1
    sum=$(cut -c1-16 sandbox/internal/carried/files/monitor.sum)
    as_user "$user" env -C "$dir" ./sandbox up --quiet
    # Of many a process the program is not to be read, which ls counts as a failure.
    if { ls -l /proc/[0-9]*/exe 2>/dev/null || true; } | grep -F "$dir/data/monitor-$sum" >/dev/null; then served=0; fi
    as_user "$user" env -C "$dir" ./sandbox rm --quiet && return $served
  }
  verdict carried "the program as $user"
  verdict monitored "the program's monitor as $user"
  verdict unpacks "the whole program as $user"
  also_env=()
}

mounts() { cut -d' ' -f4- /proc/self/mountinfo | sort; }

# processes_left USER DIR: all that a test user still runs; of root, which runs
# the machine too, what has a mount of the suite's directory.
processes_left() {
  local pids
  if [ "$1" = root ]; then
    pids=$(grep -lF "$2" /proc/[0-9]*/mountinfo 2>/dev/null | cut -d/ -f3)
  else
    pids=$(processes_of "$1")
  fi
  # shellcheck disable=SC2086 # numbers
  describe $pids
}

# files_left USER DIR: what is new in the suite's temporary directory, where the
# program keeps things by default, and in places that everybody can write to.
files_left() {
  local home
  home=$(getent passwd "$1" | cut -d: -f6)
  find "$2/tmp" -mindepth 1
  find "$home/.local/share/sandbox/sandboxes" -mindepth 1 -newer "$2" 2>/dev/null
  [ "$1" = root ] ||
    find /tmp /var/tmp /dev/shm /run -xdev -path "$stage" -prune -o -user "$1" -newer "$2" -print 2>/dev/null
}

# Every desktop distribution's udev rules say 0666; bare machines have 0600. Theirs, too: everybody may ping.
open_devices() {
  local device
  for device in /dev/fuse /dev/net/tun; do
    [ ! -c "$device" ] || chmod 0666 "$device"
  done
  echo "0 2147483647" >/proc/sys/net/ipv4/ping_group_range || true
}

as_root() {
  verdict has_newuidmap "newuidmap is needed"
  verdict has_fuse_overlayfs "fuse-overlayfs is needed"
  verdict has_busybox "a static busybox is needed, to make root file systems of"
  verdict has_registry "docker-registry is needed"
  verdict has_peers "skopeo and umoci are needed"
  verdict has_buildah "buildah is needed, to compare builds with"
  verdict has_networks "passt and slirp4netns are needed"
  verdict has_suites "a C compiler, make and dpkg-source are needed"
  verdict has_browser "chromium and npm are needed"
  open_devices
  make_user sandbox-ci range
  make_user sandbox-ci-single single
  program_runs sandbox-ci
  program_runs sandbox-ci-single
  program_runs root
  stage_tree
  warm_cache
  suite_as sandbox-ci range userns,subids,group,overlay,fuse,archive,suites,registry,peers,buildah,tun,pasta,slirp,chromium single,root ./...
  ! can_race || suite_as sandbox-ci range-race userns,subids,group,overlay,fuse,registry,peers,tun,pasta,slirp single,root,archive,suites,buildah,chromium -race ./...
  suite_as sandbox-ci-single single userns,single,group,overlay,fuse,archive,suites,registry,peers,tun,pasta,slirp subids,root,chromium ./...
  suite_as root root userns,subids,overlay,fuse,registry,peers,tun,pasta,slirp,root single,group,archive,suites,buildah,chromium -short ./cmd/... ./userns/... ./sandbox/...
  verdict every_test_ran "tests that ran as no user"
}
has_newuidmap() { ensure newuidmap uidmap; }
has_fuse_overlayfs() { ensure fuse-overlayfs fuse-overlayfs; }
has_busybox() { ensure busybox busybox-static; }
has_registry() { ensure docker-registry docker-registry; }
has_networks() { ensure pasta passt && ensure slirp4netns slirp4netns; }
has_buildah() { ensure buildah buildah && ensure bzip2 bzip2 && ensure xz xz-utils; }
has_browser() { ensure chromium chromium && ensure npm npm; }
has_suites() { ensure cc gcc && ensure make make && ensure dpkg-source dpkg-dev; }
has_peers() { ensure skopeo skopeo && ensure umoci umoci; }

[ "$(id -u)" != 0 ] || export GOCACHE=$stage/cache # see warm_cache
go build -o "$stage/summary" ./scripts/summary
static_checks
if [ "$(id -u)" = 0 ]; then
  as_root
else # what may be missing here is for SANDBOX_TEST_MUST to say
  all=userns,subids,single,group,overlay,fuse,root,archive,suites,registry,peers,buildah,tun,pasta,slirp,chromium
  suite "$(id -un)" $all env CGO_ENABLED=0 go test -json -count=1 -timeout 8m ./...
  ! can_race || suite "$(id -un)-race" $all \
    env CGO_ENABLED=1 GORACE=$no_sleep go test -race -json -count=1 -timeout 8m ./...
fi

awk '{ passed += $1; failed += $2 } END {
  print passed + 0 " passed, " failed + 0 " failed"
  exit failed > 0 || passed == 0
}' "$stage/totals"
