#!/usr/bin/env bash
# Test suites of other people's projects, unmodified: fetched by the client of their language, run by `sandbox test`
# and then in place. Both have to come to the same, and what the sandbox saw of the project has to
# be afterwards as it was, to the time of each file.
#
#   scripts/suites.sh [-s PROGRAM] [SUITE...]
#
# As an ordinary user it runs as that one; as root it runs as two users made for it, one with a subordinate id
# range and one without. A suite whose tools are missing is named and left out, unless it was asked for.
set -euo pipefail
cd "$(dirname "$0")/.."

program=bin/sandbox
if [ "${1-}" = -s ]; then
  program=$2
  shift 2
fi
program=$(realpath "$program")
asked=("$@")
all=(yaml toml minimist sortedcontainers zlib xxhash fnv)

# Of each suite: its language, the programs it needs, how it comes into the working directory, its command,
# and which of the lines that it prints are counted.
suite_yaml() {
  language=Go needs=(go) counted='^ok '
  fetch() { go_module github.com/goccy/go-yaml@v1.19.2; }
  run='go test -count=1 ./...'
}
suite_toml() {
  language=Go needs=(go) counted='^ok '
  fetch() { go_module github.com/BurntSushi/toml@v1.5.0; }
  run='go test -count=1 ./...'
}
suite_minimist() {
  language=JavaScript needs=(npm node) counted='^ok '
  fetch() { npm_package minimist@1.2.8 tape@5.9.0; }
  run="node node_modules/tape/bin/tape 'test/**/*.js'"
}
suite_sortedcontainers() {
  language=Python needs=(apt-get dpkg-source python3 pytest-3) counted=' passed'
  fetch() { debian_source sortedcontainers; }
  run='python3 -m pytest'
}
suite_zlib() {
  language=C needs=(apt-get dpkg-source cc make) counted='test OK'
  fetch() { debian_source zlib; }
  run='./configure && make test'
}
suite_xxhash() {
  language=C needs=(apt-get dpkg-source cc make) counted='checks completed successfully'
  fetch() { debian_source xxhash; }
  run='make check'
}
suite_fnv() {
  language=Rust needs=(apt-get dpkg-deb cargo) counted='\.\.\. ok$'
  fetch() { debian_crate fnv; }
  run='cargo test --offline'
}

# go_module MODULE@VERSION copies it out of the module cache, which is read-only.
go_module() {
  local from
  from=$(cd "$stage" && go mod download -json "$1" | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p')
  cp -R "$from/." . && chmod -R u+w .
}

# npm_package PACKAGE TOOL: what npm serves, and what its tests run with, of all the tools of its developers.
npm_package() {
  local packed
  packed=$(npm pack --silent --pack-destination "$stage" "$1")
  tar -xzf "$stage/$packed" --strip-components 1
  npm install --silent --no-audit --no-fund --ignore-scripts --prefix "$stage/tools-$1" "$2"
  mv "$stage/tools-$1/node_modules" .
}

# apt_lists has the machine's own archives list their sources, below the stage.
apt_lists() {
  apt=(-q -o Dir::Etc::SourceList=/dev/null -o Dir::Etc::SourceParts="$stage/parts" -o Dir::State::Lists="$stage/lists"
    -o Dir::Cache="$stage/apt" -o APT::Get::List-Cleanup=0)
  [ ! -d "$stage/parts" ] || return 0
  mkdir -p "$stage"/{parts,lists/partial,apt/archives/partial}
  local file
  for file in /etc/apt/sources.list /etc/apt/sources.list.d/*; do
    [ ! -r "$file" ] || sed -E 's/^Types:.*/Types: deb deb-src/; s/^deb (.*)/&\ndeb-src \1/' "$file" >"$stage/parts/${file##*/}"
  done
  [ ! -e "$stage/parts/sources.list" ] || mv "$stage/parts/sources.list" "$stage/parts/first.list"
  apt-get "${apt[@]}" update || true # of other archives some have no sources
}

debian_source() {
  apt_lists
  (cd "$stage" && mkdir -p source && cd source && apt-get "${apt[@]}" source "$1")
  mv "$stage"/source/"$1"-*/* .
}

# debian_crate NAME: packages of libraries in Rust are their sources.
debian_crate() {
  apt_lists
  (cd "$stage" && apt-get "${apt[@]}" download "librust-$1-dev" && dpkg-deb -x librust-"$1"-dev_*.deb "crate-$1")
  cp -R "$stage/crate-$1/usr/share/cargo/registry/$1"-*/. .
}

# state of the working directory: of each file its kind, mode, size, owner, times of content and inode, and where a link leads.
state() { find . -printf '%P %y %m %s %U %T@ %C@ %l\n' | sort; }

# timed FILE COMMAND... runs a command with its output in the file. took is in tenths of a second.
timed() {
  local out=$1 begin code=0
  shift
  begin=$(date +%s%N)
  "$@" >"$out" 2>&1 </dev/null || code=$?
  took=$((($(date +%s%N) - begin) / 100000000))
  return $code
}

in_place() {
  mkdir -p "$stage/home-$name"
  env -i PATH="$PATH" HOME="$stage/home-$name" LC_ALL=C.UTF-8 TZ=UTC GOPROXY=off GOTOOLCHAIN=local sh -c "$run"
}
pristine() { "$program" test -e GOPROXY=off -e GOTOOLCHAIN=local -- sh -c "$run"; }

# one runs a suite, and says on one line how it went.
one() {
  local inside outside inside_code=0 outside_code=0 left verdict=same
  mkdir -p "$stage/$name" && cd "$stage/$name"
  if ! fetch >"$stage/$name.fetch" 2>&1; then
    tail -5 "$stage/$name.fetch"
    printf '%-17s %-11s cannot be fetched\n' "$name" "$language"
    return 1
  fi
  state >"$stage/$name.before"
  timed "$stage/$name.inside" pristine || inside_code=$?
  inside=$took
  state >"$stage/$name.after"
  timed "$stage/$name.outside" in_place || outside_code=$?
  outside=$took
  left=$(state | cut -d' ' -f1 | sort | comm -13 <(cut -d' ' -f1 "$stage/$name.before" | sort) - | wc -l)
  counts() { grep -cE "$counted" "$stage/$name.$1" || true; }
  if [ $inside_code != $outside_code ] || [ "$(counts inside)" != "$(counts outside)" ]; then verdict="NOT THE SAME"; fi
  if [ $outside_code != 0 ] || [ "$(counts outside)" = 0 ]; then verdict="FAILS IN PLACE"; fi
  if ! cmp -s "$stage/$name.before" "$stage/$name.after"; then verdict="CHANGED THE PROJECT"; fi
  printf '%-17s %-11s exit %d, %3d, %4s s    exit %d, %3d, %4s s   %5d   %s\n' "$name" "$language" \
    $outside_code "$(counts outside)" "$((outside / 10)).$((outside % 10))" \
    $inside_code "$(counts inside)" "$((inside / 10)).$((inside % 10))" "$left" "$verdict"
  [ "$verdict" != same ] || return 0
  diff "$stage/$name.before" "$stage/$name.after" | head -5
  tail -15 "$stage/$name.inside"
  return 1
}

as_one_user() {
  local name tool missing failed=0 ran=0
  stage=$(mktemp -d "${TMPDIR:-/tmp}/sandbox-suites.XXXXXX")
  trap 'chmod -R u+w "$stage"; rm -rf "$stage"' EXIT
  printf '%-17s %-11s %-22s %-21s %5s   %s\n' suite language "in place" "sandbox test" files verdict
  for name in "${asked[@]:-${all[@]}}"; do
    "suite_$name"
    missing=
    for tool in "${needs[@]}"; do command -v "$tool" >/dev/null || missing="$missing $tool"; done
    if [ -n "$missing" ]; then
      printf '%-17s %-11s not run, for want of%s\n' "$name" "$language" "$missing"
      [ ${#asked[@]} = 0 ] || failed=1
      continue
    fi
    if (one); then ran=$((ran + 1)); else failed=1; fi
  done
  echo "files: how many the suite leaves behind in place; counted are the lines that report a success"
  [ $failed = 0 ] && [ $ran -gt 0 ]
}

as_root() {
  # shellcheck source=scripts/users.sh
  . scripts/users.sh
  local dir failed=0
  dir=$(mktemp -d "${TMPDIR:-/tmp}/sandbox-suites.XXXXXX")
  # shellcheck disable=SC2064 # the directory of now
  trap "remove_made_users; rm -rf '$dir'" EXIT
  chmod 755 "$dir"
  mkdir "$dir/scripts" "$dir/bin"
  install -m 755 scripts/suites.sh "$dir/scripts/suites.sh"
  install -m 755 "$program" "$dir/bin/sandbox"
  make_user sandbox-suites range
  make_user sandbox-suites-single single
  for user in sandbox-suites sandbox-suites-single; do
    echo "== $user"
    as_user "$user" "$dir/scripts/suites.sh" "${asked[@]}" || failed=1
  done
  [ $failed = 0 ]
}

if [ "$(id -u)" = 0 ]; then as_root; else as_one_user; fi
