# shellcheck shell=bash
# Unprivileged users for the demo and the tests. Sourced, not run; needs root.
#
# One kind of user has a subordinate id range, the other has none: both are
# modes of the program, and a machine's own users are usually only one of them.

made_users=()

# The files that say which ids a user may map, beside its own.
subid_files=(/etc/subuid /etc/subgid)

# ensure PROGRAM PACKAGE installs what is missing where that is possible, and
# says what to type where it is not.
ensure() {
  local program=$1 package=$2
  command -v "$program" >/dev/null && return 0
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "installing $package"
    apt-get install -y -q "$package" >/dev/null 2>&1 && return 0
    { apt-get update -q && apt-get install -y -q "$package"; } >/dev/null 2>&1 && return 0
  fi
  echo "$program is missing: apt-get install $package   (or your distribution's package with $program)"
  return 1
}

# make_user NAME range|single makes a user of that kind, or takes the one that
# is there. remove_made_users removes what was made.
make_user() {
  local name=$1 kind=$2 file
  if ! id -u "$name" >/dev/null 2>&1; then
    useradd --create-home --shell /bin/bash --groups users "$name" # directories of a group are tested, too
    made_users+=("$name")
  fi
  for file in "${subid_files[@]}"; do
    case $kind in
      range)  grep -q "^$name:" "$file" 2>/dev/null || echo "$name:$(free_range):65536" >>"$file" ;;
      single) [ ! -e "$file" ] || sed -i "/^$name:/d" "$file" ;; # useradd gives one unasked
    esac
  done
}

# free_range is the first id above every range that is given away.
free_range() {
  cat "${subid_files[@]}" 2>/dev/null |
    awk -F: 'BEGIN { top = 100000 } $2 + $3 > top { top = $2 + $3 } END { print top }'
}

# processes_of NAME prints the process ids of a user and of its id range. The
# dead that only wait for their parent are not among them.
processes_of() {
  local uid start count
  uid=$(id -u "$1")
  IFS=: read -r _ start count < <(grep "^$1:" /etc/subuid 2>/dev/null || echo "::")
  { grep -HE '^(State|Uid):' /proc/[0-9]*/status 2>/dev/null || true; } | # they end while we look
    awk -F'[/:\t ]+' -v uid="$uid" -v start="${start:--1}" -v count="${count:-0}" '
      $5 == "State" { dead = $6 == "Z" || $6 == "X" }
      $5 == "Uid" && !dead && ($6 == uid || $6 >= start && $6 < start + count) { print $3 }'
}

# describe PID... prints process ids with command lines.
describe() {
  local pid
  for pid in "$@"; do
    echo "$pid $(tr '\0' ' ' <"/proc/$pid/cmdline")"
  done
}

remove_made_users() {
  local name pid
  for name in "${made_users[@]}"; do
    for pid in $(processes_of "$name"); do
      kill -KILL "$pid" 2>/dev/null || true
    done
    rm -rf "/tmp/sandbox-$(id -u "$name")" # its sockets, where there is no XDG_RUNTIME_DIR
    userdel --remove "$name" >/dev/null 2>&1 || userdel --force --remove "$name" >/dev/null 2>&1 ||
      echo "could not remove the user $name" >&2
    sed -i "/^$name:/d" "${subid_files[@]}" 2>/dev/null || true
  done
  made_users=()
}

# as_user NAME COMMAND... runs a command with that user's own, clean
# environment. What reaches the network and what finds Go is passed on, and
# what stands in the array also_env.
as_user() {
  local name=$1 home kv passed=()
  shift
  home=$(getent passwd "$name" | cut -d: -f6)
  while IFS= read -r kv; do
    passed+=("$kv")
  done < <(env | grep -iE '^(https?_proxy|no_proxy|all_proxy|SSL_CERT_FILE|SSL_CERT_DIR|NODE_EXTRA_CA_CERTS|CI)=' || true)
  runuser -u "$name" -- env -i -C "$home" \
    HOME="$home" USER="$name" LOGNAME="$name" SHELL=/bin/bash \
    TERM="${TERM:-dumb}" LANG="${LANG:-C.UTF-8}" \
    PATH="$(go env GOROOT)/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" \
    GOTOOLCHAIN=local GOPROXY="$(go env GOPROXY)" GOSUMDB="$(go env GOSUMDB)" \
    "${passed[@]}" "${also_env[@]}" "$@"
}
also_env=()
