#!/usr/bin/env bash
# Each fuzz target for FUZZTIME (default 10s), one after the other.
set -euo pipefail
cd "$(dirname "$0")/.."

# The package of a target follows the names of its targets.
go test -list '^Fuzz' ./... | awk '
  /^Fuzz/ { targets[++n] = $1 }
  /^ok/   { for (i = 1; i <= n; i++) print $2, targets[i]; n = 0 }
' | while read -r package target; do
  echo "== $target in $package"
  go test -run '^$' -fuzz "^$target\$" -fuzztime "${FUZZTIME:-10s}" "$package" </dev/null
done
